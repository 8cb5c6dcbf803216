/**
 * The digits networks on all 2000 test digits, as they are read and as built for WebAssembly and for CPUs; and what they
 * take on an FPGA.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { OpenModel, Result } from '../../src/index.ts';
import { build, evaluate, openOutput, printDiagnostic } from '../../src/index.ts';
import { espalier } from '../cli-kit.ts';
import type { DigitModel } from '../digits.ts';
import { countRight, digitGraph, digitPath, highest, testDigits } from '../digits.ts';

const digits = testDigits();

/** As examples/digits/README.md has them. */
const right: Readonly<Record<DigitModel, number>> = { 'digits-dense': 1971, 'digits-pruned': 1958, 'digits-2-4': 1967 };

const models = Object.entries(right) as readonly [DigitModel, number][];

test.each(models)('%s reads %i of 2000', (name, want) => {
  const graph = digitGraph(name);
  expect(countRight(digits, (image) => evaluate(graph, { image }).logits)).toBe(want);
});

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(printDiagnostic).join('\n'));
  return result;
}

/** A folder that is gone when the test is over. */
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'digits-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

async function built(name: DigitModel, target: string, batch: number): Promise<OpenModel> {
  const out = join(folder(), target);
  must(await build(digitPath(name), { target, out, batch }));
  const model = must(await openOutput(out));
  onTestFinished(model.dispose);
  return model;
}

// A batch at a time: 100 shares no panel with 64 lanes evenly.
test.each(models.flatMap(([name, want]) => ['wasm', 'cpu'].map((target) => ({ name, want, target }))))(
  '$name reads $want of them on $target',
  async ({ name, want, target }) => {
    const batch = 100;
    const model = await built(name, target, batch);
    let count = 0;
    for (let from = 0; from < digits.images.length; from += batch) {
      const image = new Float32Array(batch * 784);
      for (let i = 0; i < batch; i++) image.set(digits.images[from + i], i * 784);
      const { logits } = (await model.run({ image })) ?? expect.unreachable();
      for (let i = 0; i < batch; i++)
        if (highest(logits.slice(i * 10, i * 10 + 10)) === digits.labels[from + i]) count++;
    }
    expect(count).toBe(want);
  },
);

describe('on an FPGA', () => {
  /** Multipliers that a build takes; or those that it would take, where it is refused. */
  async function multipliers(name: DigitModel, fps: number): Promise<{ readonly dsp: number; readonly fits: boolean }> {
    const out = folder();
    const calibrate = fileURLToPath(new URL('../../examples/digits/calibration.npz', import.meta.url));
    const quantise = ['--quantize', 'weights=int8,activations=int8', '--calibrate', calibrate];
    const device = ['-t', 'fpga', '--part', 'xc7z020clg400-1', '--clock', '10ns', '--fps', String(fps)];
    const ran = await espalier(['build', digitPath(name), ...device, '--report', ...quantise, '-o', join(out, 'hls')]);
    const [, taken] = /(\d+) dsp of 220/.exec(ran.out) ?? /takes (\d+) multipliers \(DSP\) of 220/.exec(ran.err) ?? [];
    return { dsp: Number(taken), fits: ran.code === 0 };
  }

  test('a network takes the fewer multipliers the more of it is pruned', async () => {
    const [dense, half, tenth] = await Promise.all(
      (['digits-dense', 'digits-2-4', 'digits-pruned'] as const).map((name) => multipliers(name, 1000)),
    );
    expect([dense.fits, half.fits, tenth.fits]).toEqual([true, true, true]);
    expect(half.dsp).toBeLessThanOrEqual(0.6 * dense.dsp);
    expect(tenth.dsp).toBeLessThanOrEqual(0.2 * dense.dsp);
  });

  test('and at a speed at which the dense one does not fit, the pruned ones do', async () => {
    expect((await multipliers('digits-dense', 10_000)).fits).toBe(false);
    const [half, tenth] = [await multipliers('digits-2-4', 10_000), await multipliers('digits-pruned', 10_000)];
    expect([half.fits, tenth.fits]).toEqual([true, true]);
    expect(tenth.dsp).toBeLessThanOrEqual(0.25 * half.dsp);
  });
});
