/** The digits networks in whole numbers: as many digits right as before, within half a percent, and the same bits wherever they run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import { build, openOutput, printDiagnostic } from '../../src/index.ts';
import { quantizeWith } from '../../src/make/quantize.ts';
import type { DigitModel } from '../digits.ts';
import { countRight, digitGraph, testDigits } from '../digits.ts';

const calibrate = new URL('../../examples/digits/calibration.npz', import.meta.url).pathname;

function quantised(name: DigitModel, how: string) {
  const made = quantizeWith(digitGraph(name), { quantize: how, calibrate }, (d) => {
    throw new Error(printDiagnostic(d));
  });
  return made ?? expect.unreachable();
}

const digits = testDigits();

test.each([
  ['digits-dense', 1971],
  ['digits-pruned', 1958],
] as const)('%s reads %i of 2000 with real numbers, and at most 10 fewer with whole ones', (name, before) => {
  const { graph, quality } = quantised(name, 'weights=int8,activations=int8');
  const right = countRight(digits, (image) => evaluate(graph, { image }).logits);
  const [{ sqnr }] = quality.outputs;
  console.log(`${name}: ${before} of 2000 right before, ${right} after; logits ${sqnr?.toFixed(1)} dB`);
  expect(right).toBeGreaterThanOrEqual(before - 10);
});

const some = testDigits(600);

test.each(['int4', 'po2', 'codebook:16'])('weights of %s lose at most 2 % of 600', (grid) => {
  const real = digitGraph('digits-pruned');
  const { graph, quality } = quantised('digits-pruned', `weights=${grid},activations=int8`);
  const [before, after] = [real, graph].map((g) => countRight(some, (image) => evaluate(g, { image }).logits));
  const [{ sqnr }] = quality.outputs;
  console.log(`${grid}: ${before} of 600 right before, ${after} after; logits ${sqnr?.toFixed(1)} dB`);
  expect(after).toBeGreaterThanOrEqual(before - 12);
});

test.each(['cpu', 'wasm'])('the same bits on %s', async (target) => {
  const { graph } = quantised('digits-pruned', 'weights=int8,activations=int8');
  const out = join(mkdtempSync(join(tmpdir(), 'digits-')), target);
  onTestFinished(() => rmSync(join(out, '..'), { recursive: true }));
  const built = await build(graph, { target, out });
  if (!built.ok) throw new Error(built.diagnostics.map(printDiagnostic).join('\n'));
  const model = await openOutput(out);
  if (!model.ok) throw new Error(model.diagnostics.map(printDiagnostic).join('\n'));
  onTestFinished(model.dispose);
  for (const image of digits.images.slice(0, 10))
    expect(await model.run({ image })).toEqual(evaluate(graph, { image }));
});
