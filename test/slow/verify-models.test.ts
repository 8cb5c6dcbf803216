/** `espalier verify` on the real models, as a user runs it: every output against the reference, and against TensorFlow.js. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { packageFolder } from '../../src/make/package.ts';
import { inputShapes, modelNames, modelPath } from '../models.ts';

const main = fileURLToPath(new URL('dist/src/cli/main.js', packageFolder()));
const run = promisify(execFile);

interface Verdict {
  readonly ok: boolean;
  readonly target: string;
  readonly against: string;
  readonly outputs: readonly { readonly name: string; readonly maxError: number }[];
}

/** What the reference gives is what the check programs of cpu compare with: see cpu-models. */
const cases = modelNames.flatMap((name) => [
  { name, target: 'cpu', against: 'tfjs' },
  { name, target: 'wasm', against: 'tfjs' },
  { name, target: 'wasm', against: 'evaluate' },
]);

describe('espalier verify', () => {
  test.each(cases)('$name -t $target against $against', async ({ name, target, against }) => {
    const shapes = Object.entries(inputShapes(name)).flatMap(([input, shape]) => [
      '--shape',
      `${input}=${shape.join(',')}`,
    ]);
    const peer = against === 'tfjs' ? ['--against', 'tfjs'] : [];
    const args = [main, 'verify', modelPath(name), '-t', target, ...shapes, ...peer, '--json'];
    const { stdout } = await run(process.execPath, args, { maxBuffer: 1 << 26 }).catch(
      (failed: { stdout: string }) => failed,
    );
    const verdict = JSON.parse(stdout) as Verdict;
    const limit = against === 'tfjs' ? 1e-4 : 1e-5;
    expect(verdict).toMatchObject({ ok: true, target, against });
    expect(verdict.outputs.length).toBeGreaterThan(0);
    expect(verdict.outputs.filter(({ maxError }) => !(maxError <= limit))).toEqual([]);
  });
});
