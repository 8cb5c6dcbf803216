/** Sizes and numbers that the cases of the cpu target's kernels share. */
import type { Value } from '../../src/ops/rules.ts';
import { some, value } from '../ops/law.ts';

/** Numbers in −2..2 whose products and sums f32 rounds, so that their order shows. */
export const drawn = (shape: readonly number[], seed = 1): Value =>
  value(
    'f32',
    shape,
    Array.from(some('f32', shape, seed).data, (v) => v * 0.9876543),
  );

/** Panels exactly, rows that straddle panels, rows longer than panels, tiny ones. */
export const sizes: readonly (readonly [number, number])[] = [
  [8, 8],
  [5, 28],
  [14, 14],
  [7, 7],
  [9, 4],
  [17, 2],
  [5, 3],
  [3, 100],
  [16, 16],
  [1, 40],
  [40, 1],
];

/** One panel, several, and a rest. */
export const fewSizes: typeof sizes = [
  [8, 8],
  [5, 28],
  [7, 7],
];

/** With a NaN, infinities, large numbers and -0 here and there. */
export function poisoned({ type, data }: Value): Value {
  const copy = data.slice();
  for (let i = 3; i < copy.length; i += 17) copy[i] = [Number.NaN, Infinity, -Infinity, 1e4, -0][(i >> 1) % 5];
  return { type, data: copy };
}
