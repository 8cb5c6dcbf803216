/** Products by constants as shifts and additions. */
import { expect, test } from 'vitest';
import { replay } from '../targets/fpga/engines/replay.ts';
import { unrolled } from '../targets/fpga/engines/unrolled.ts';
import { signedDigits } from '../targets/fpga/schedule/shift-add.ts';
import { randomInput, scattered, sumsOf } from './fpga-layers.ts';

test('signed digits make up the number, no two of them neighbours', () => {
  for (let value = -130; value <= 130; value++) {
    const digits = signedDigits(value);
    expect(digits.reduce((sum, { shift, negative }) => sum + (negative ? -1 : 1) * 2 ** shift, 0)).toBe(value);
    for (let i = 1; i < digits.length; i++) expect(digits[i].shift - digits[i - 1].shift).toBeGreaterThan(1);
  }
});

test.each([0, 0.1, 0.5, 1])('adders give the sums at a density of %d', (density) => {
  for (const c of [
    { rows: 8, channels: 1, taps: [3, 3], input: [6, 7], pad: [1, 1, 1, 1], stride: [2, 1] },
    { rows: 6, channels: 16, input: [2, 3] },
  ] as const) {
    const layer = scattered(c, 11, density);
    expect(unrolled.fits(layer)).toBeUndefined();
    const plan = unrolled.plan(layer, 1);
    if (plan.kind !== 'unrolled') expect.fail('scheduled');
    const x = randomInput(layer, 5);
    expect(replay(plan, layer, x)).toEqual(sumsOf(layer, x));
    for (const [i, { left, right, level }] of plan.adders.entries())
      for (const { from, of } of [left, right]) {
        expect(from === 'column' || of < i).toBe(true);
        expect(from === 'adder' ? plan.adders[of].level : 0).toBeLessThan(level);
      }
    expect(plan.area.dsp).toBe(0);
  }
});

test('what rows have in common is added once: 16 x 16 weights, half of them zero', () => {
  const layer = scattered({ rows: 16, channels: 16, input: [1, 4] }, 3, 0.52);
  const plan = unrolled.plan(layer, 1);
  const digits = Array.from(layer.weights.value).reduce((sum, v) => sum + signedDigits(v).length, 0);
  const alone = digits - layer.rows;
  expect(plan.kind === 'unrolled' && plan.adders.length).toBeLessThan(0.7 * alone);
});
