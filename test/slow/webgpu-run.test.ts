/** What commands say that want WebGPU in Node.js where something is missing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBuilt, spawnEspalier, writeModel } from '../cli-kit.ts';
import { noPackage, withoutPackage, withPackage } from '../webgpu-run-kit.ts';

let root: string;
const at = (path: string): string => join(root, path);

beforeAll(async () => {
  ensureBuilt();
  root = mkdtempSync(join(tmpdir(), 'espalier-webgpu-run-'));
  writeModel(at('net'));
  expect((await spawnEspalier(['build', at('net'), '-t', 'webgpu', '-o', at('gpu')])).code).toBe(0);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('the package', async () => {
  const alone = withoutPackage(at('alone'));
  for (const argv of [
    ['run', at('gpu'), '-i', 'random:1'],
    ['verify', at('net'), '-t', 'webgpu'],
    ['bench', at('net'), '-t', 'webgpu'],
    ['tune', '-t', 'webgpu', '--quick'],
  ]) {
    const { code, out, err } = await alone(argv);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(noPackage);
  }
});

test.each([
  [
    'a package for this platform',
    'throw new Error("Cannot find module dawn.node\\nRequire stack:");',
    /^error: the package "webgpu" in ".*" does not load: Cannot find module dawn\.node \[run\/no-gpu\]\n {2}hint: npm install --save-dev webgpu@/,
  ],
  [
    'an adapter',
    'export const globals = {};\nexport const create = () => ({ requestAdapter: async () => null });',
    /^error: WebGPU has no adapter here: a driver for Vulkan, Metal or Direct3D 12 is missing \[run\/no-gpu\]\n {2}hint: install a driver /,
  ],
  [
    'a driver that lives',
    'export const globals = {};\nexport const create = () => process.abort();',
    /^error: the process that runs the model ended by SIGABRT.* \[run\/no-gpu\]\n {2}hint: update the driver, or build for wasm or cpu\n$/,
  ],
])('%s', async (name, text, message) => {
  const { code, out, err } = await withPackage(at(name), text)(['run', at('gpu'), '-i', 'random:1']);
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(message);
});

test('an adapter, for what would be timed', async () => {
  const none = 'export const globals = {};\nexport const create = () => ({ requestAdapter: async () => null });';
  const { code, err } = await withPackage(at('untimed'), none)(['bench', at('net'), '-t', 'webgpu']);
  expect(code).toBe(1);
  expect(err).toMatch(
    /^error: "espalier": WebGPU has no adapter here: .* \[bench\/contender\]\n {2}hint: install a driver for .*; or add --browser\n$/,
  );
});
