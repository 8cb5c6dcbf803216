/** `espalier tune -t webgpu` as a command: in a process with Dawn, and in pages of a browser. No time is judged. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { readGpuTuning } from '../../src/make/tuning.ts';
import { quiet } from '../../src/toolchain/browser.ts';
import { timeInPage } from '../../src/tune/gpu-page.ts';
import { probesFor } from '../../src/tune/probes.ts';
import { shadersOf } from '../../src/tune/shaders.ts';
import { countsOf } from '../../targets/webgpu/counts.ts';
import { espalier } from '../cli-kit.ts';
import { noGpu } from '../webgpu-device.ts';

const executablePath = '/usr/bin/chromium';
const root = mkdtempSync(join(tmpdir(), 'espalier-gpu-tune-'));
afterAll(() => rmSync(root, { recursive: true }));

async function tuned(file: string, ...flags: readonly string[]): Promise<string | undefined> {
  const { code, out, err, held } = await espalier(['tune', '-t', 'webgpu', '--quick', '-o', file, '--json', ...flags]);
  expect({ code, ...(code !== 0 && { out, err }) }).toEqual({ code: 0 });
  expect([...held]).toEqual([]);
  return readGpuTuning(file, ({ message }) => expect.unreachable(message))?.machine;
}

test.skipIf(noGpu)(`in Node.js ${noGpu ?? ''}`, async () => {
  expect(await tuned(join(root, 'node.json'))).toMatch(/swiftshader/i);
});

describe.skipIf(!existsSync(executablePath))('in chromium, which must be at /usr/bin/chromium', () => {
  test('that we start', async () => {
    expect(await tuned(join(root, 'page.json'), '--browser', executablePath)).toBe('google swiftshader');
  });

  const shapes = [{ kind: 'dense', inputs: 32, outputs: 16, batch: 1 }] as const;
  const { graph, probes } = probesFor({ shapes, patterns: [{ r: 1, c: 1 }], densities: [0.2] }, countsOf);

  async function opened(args: readonly string[]) {
    const told: string[] = [];
    const browser = await chromium.launch({ executablePath, args: [...quiet, ...args] });
    try {
      const measured = await timeInPage(
        shadersOf(graph),
        {
          browser: undefined,
          seconds: 0.1,
          opened: async (address) => void (await (await browser.newPage()).goto(address)),
          journal: { hold: () => {}, release: () => {}, keep: () => {} },
          signal: AbortSignal.timeout(20_000),
        },
        ({ message }) => void told.push(message),
      );
      return { measured, told };
    } finally {
      await browser.close();
    }
  }

  test('that somebody opens the page in', async () => {
    const { measured, told } = await opened(['--enable-unsafe-webgpu']);
    expect(told).toEqual([]);
    expect(measured?.runtime).toMatch(/^Chrome \d+\./);
    expect(Object.keys(measured?.times ?? {})).toEqual(probes.map(({ name }) => name));
  });

  test('that has no WebGPU, which is said', async () => {
    const { measured, told } = await opened([]);
    expect([measured, told]).toEqual([undefined, ['WebGPU has no adapter here']]);
  });
});
