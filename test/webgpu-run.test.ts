/** What was built for WebGPU on the command line: run and verified in Node.js. What is said where something is missing is tested with what is slow. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuilt, spawnEspalier, writeModel } from './cli-kit.ts';
import { noGpu } from './webgpu-device.ts';
import { changed, withPackage } from './webgpu-run-kit.ts';

let root: string;
const at = (path: string): string => join(root, path);

beforeAll(async () => {
  ensureBuilt();
  root = mkdtempSync(join(tmpdir(), 'espalier-webgpu-run-'));
  writeModel(at('net'));
  const built = await spawnEspalier(['build', at('net'), '-t', 'webgpu', '-o', at('gpu')]);
  expect([built.code, built.err]).toEqual([0, '']);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const run = (...more: readonly string[]): readonly string[] => ['run', at('gpu'), '-i', 'random:1', ...more];
const verify = (...more: readonly string[]): readonly string[] => ['verify', at('net'), '-t', 'webgpu', ...more];

describe.skipIf(noGpu)(`on a device ${noGpu ?? ''}`, () => {
  const software = /\nadapter: .*swiftshader.* \(software\)\n/i;

  test('runs, and says on what', async () => {
    const told = await spawnEspalier([...run('--repeat', '2'), '-o', 'out'], { cwd: root });
    expect([told.code, told.err]).toEqual([0, '']);
    expect(told.out).toMatch(software);
    expect(told.out).toMatch(/ a run \(median of 2; at best /);
    await spawnEspalier(['run', at('net'), '-i', 'random:1', '-o', at('want')]);
    const [got, want] = ['out', 'want'].map((folder) => readFileSync(at(`${folder}/y.npy`)));
    expect(got).toEqual(want);
  });

  test('equals the reference', async () => {
    const told = await spawnEspalier(verify('--samples', '2'));
    expect([told.code, told.err]).toEqual([0, '']);
    expect(told.out).toContain('net on webgpu against evaluate, 2 random inputs, error at most 0.0001\n');
    expect(told.out).toMatch(software);
  });

  test('a layer that a device computes wrongly is named, with its kernel', async () => {
    const wrong = withPackage(
      at('wrong'),
      changed(`(device) => {
  const make = device.createShaderModule.bind(device);
  device.createShaderModule = ({ code }) => make({ code: code.replace('total += ', 'total += 1.5 * ') });
}`),
    );
    const { code, out, err } = await wrong(verify('--json'));
    expect([code, err]).toEqual([1, '']);
    const { ok, limit, adapter, divergedAt } = JSON.parse(out);
    expect([ok, limit, adapter.vendor, adapter.software]).toEqual([false, 1e-4, 'google', true]);
    expect(divergedAt).toMatchObject({ stage: 'target', layer: 'dense/MatMul', op: 'linear', kernel: 'dense' });
  });

  test('a device that is lost', async () => {
    const losing = withPackage(
      at('losing'),
      changed(`(device) => {
  const submit = device.queue.submit.bind(device.queue);
  device.queue.submit = (commands) => { submit(commands); device.destroy(); };
}`),
    );
    expect(await losing(run())).toEqual({
      code: 1,
      out: '',
      err: 'error: the GPU was lost, and the model has to be loaded anew: device was destroyed [run/gpu-lost]\n  hint: run it again; if the GPU is lost again, update its driver, or build for wasm or cpu\n',
    });
  });
});
