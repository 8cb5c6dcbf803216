/** `espalier verify --against ort` on the real ONNX models, as a user runs it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { packageFolder } from '../../src/make/package.ts';
import { exported, exportedPath, packaged } from '../onnx/models.ts';

const main = fileURLToPath(new URL('dist/src/cli/main.js', packageFolder()));
const run = promisify(execFile);

interface Verdict {
  readonly ok: boolean;
  readonly outputs: readonly { readonly name: string; readonly maxError: number }[];
}

async function verify(path: string, options: readonly string[]): Promise<void> {
  const args = [main, 'verify', path, ...options, '--json'];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 1 << 26 }).catch(
    (failed: { stdout: string }) => failed,
  );
  const verdict = JSON.parse(stdout) as Verdict;
  expect(verdict).toMatchObject({ ok: true });
  expect(verdict.outputs.length).toBeGreaterThan(0);
  expect(verdict.outputs.filter(({ maxError }) => !(maxError <= 1e-4))).toEqual([]);
}

describe.each(Object.entries(packaged))('%s', (_, { path, options }) => {
  test.each(['cpu', 'wasm'])('-t %s --against ort', (target) =>
    verify(path, ['-t', target, '--against', 'ort', ...options]),
  );
});

/** One to two minutes as native code, most of them the reference's, which computes the recorded outputs: up to 17 billion products. */
const long: readonly string[] = ['vit_b_16', 'swin_t'];

describe.each(exported)('%s', (name) => {
  test.each(long.includes(name) ? ['wasm'] : ['cpu', 'wasm'])('-t %s --against ort', async (target) =>
    verify(await exportedPath(name), ['-t', target, '--against', 'ort']),
  );
});
