/**
 * What `requantize` does to sums, in instructions on four of them: exact, in 32 bits.
 *
 * With x = h · 2^16 + l and l within 16 bits with their sign, the product of x and a multiplier of 15 bits is
 * h · m · 2^16 + l · m, and both are products of 16 bits: h is the upper half of x + 2^15, l the lower half of x. Shifts of 17
 * and more are of the first and what carries over from the second alone, since what they round by is a whole number of 2^16.
 */
import { mostMultiplier, mostShift } from '../../../src/ops/requantize.ts';
import type { Numbers } from '../../../src/tensor/numbers.ts';

export interface Rescaling {
  readonly bias: number;
  readonly multiplier: number;
  /** 2^(shift − 1). */
  readonly round: number;
  /** Of what is left when the product has lost 16 bits. */
  readonly shift: number;
  /** How far sums go to the left before, where the shift of the whole is below 17. */
  readonly up: number;
}

/** Sums up to here can be rounded to their upper half. */
const mostSum = 2 ** 31 - 2 ** 15 - 1;

const inside = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** The parameter of a row, where there may be one for all. */
export const ofRow = (numbers: Numbers, row: number): number => numbers[numbers.length === 1 ? 0 : row];

/** For a row whose sums are at most `reach` from zero; undefined where they are too large. */
export function rescalingOf(bias: number, multiplier: number, shift: number, reach: number): Rescaling | undefined {
  const by = inside(shift, 1, mostShift);
  const up = Math.max(17 - by, 0);
  if (reach * 2 ** up > mostSum) return undefined;
  const left = by + up - 16;
  return { bias, multiplier: inside(multiplier, 0, mostMultiplier), round: 2 ** (left - 1), shift: left, up };
}

/** Rescaled sums in the local `sums`; parameters are in locals that end in `row`. */
export const rescaled = (sums: string, row: string): string => `\
(i32x4.shr_s
        (i32x4.add
          (i32x4.add
            (i32x4.dot_i16x8_s (i32x4.add (local.get $${sums}) (v128.const i32x4 32768 32768 32768 32768)) (local.get $high_factor${row}))
            (i32x4.shr_s (i32x4.dot_i16x8_s (local.get $${sums}) (local.get $factor${row})) (i32.const 16)))
          (local.get $round${row}))
        (local.get $shift${row}))`;
