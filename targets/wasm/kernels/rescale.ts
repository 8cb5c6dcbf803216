/**
 * What `requantize` does to sums, in instructions on four of them: exact, in 32 bits.
 *
 * With x = h · 2^16 + l and l within 16 bits with their sign, the product of x and a multiplier of 15 bits is
 * h · m · 2^16 + l · m, and both are products of 16 bits: h is the upper half of x + 2^15, l the lower half of x. Shifts of 17
 * and more are of the first and what carries over from the second alone, since what they round by is a whole number of 2^16.
 *
 * A sum 2^k times as large is shifted by k more. So weights, which have bits to spare, are multiplied until that is 17 at least;
 * and where they have enough, until all rows are shifted alike, by a number that is part of the code.
 */
import { mostMultiplier, mostShift } from '../../../src/ops/requantize.ts';
import type { Numbers } from '../../../src/tensor/numbers.ts';
import { mostShort } from '../wish-whole.ts';

export interface Rescaling {
  /** What sums begin with. */
  readonly bias: number;
  readonly multiplier: number;
  /** Added before the shift: what rounds, and where shifts are alike what is added to results. */
  readonly round: number;
  /** Of what is left when the product has lost 16 bits. */
  readonly shift: number;
  /** How far weights go to the left, and how far sums do where weights cannot. */
  readonly lift: number;
  readonly up: number;
}

export interface Rescalings {
  readonly rows: readonly Rescaling[];
  /** What is added to results. */
  readonly zero: number;
  /** The shift of all rows, where there is one. */
  readonly fixed?: number;
  /** Whether some sums go to the left. */
  readonly up: boolean;
}

/** A row of sums before they are rescaled. */
export interface Sums {
  readonly bias: number;
  readonly multiplier: number;
  readonly shift: number;
  /** The largest magnitude of a sum, and of a weight. */
  readonly reach: number;
  readonly weight: number;
}

/** Sums up to here can be rounded to their upper half. */
const mostSum = 2 ** 31 - 2 ** 15 - 1;

/** Shifts that there is code for. */
const common = [20, 24, 28, 32];

const inside = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** The parameter of a row, where there may be one for all. */
export const ofRow = (numbers: Numbers, row: number): number => numbers[numbers.length === 1 ? 0 : row];

/** Undefined where sums may be too large. */
export function rescalingsOf(sums: readonly Sums[], zero: number): Rescalings | undefined {
  for (const by of common) {
    const rows = sums.map((row) => lifted(row, by, zero));
    if (rows.every((row): row is Rescaling => row?.up === 0)) return { rows, zero: 0, fixed: by - 16, up: false };
  }
  const rows = sums.map((row) => lifted(row, Math.max(shiftOf(row), leastShift), 0));
  return rows.every((row) => row !== undefined) ? { rows, zero, up: rows.some(({ up }) => up > 0) } : undefined;
}

const leastShift = 17;

const shiftOf = ({ shift }: Sums): number => inside(shift, 1, mostShift);

/** With so large a shift. */
function lifted(sums: Sums, by: number, zero: number): Rescaling | undefined {
  const { bias, multiplier, reach, weight } = sums;
  const factor = inside(multiplier, 0, mostMultiplier);
  const whole = factor === 0 ? 0 : by - shiftOf(sums);
  const lift = Math.min(whole, weight === 0 ? whole : Math.floor(Math.log2(mostShort / weight)));
  const left = by - 16;
  const round = 2 ** (left - 1) + zero * 2 ** left;
  const most = reach * 2 ** whole;
  if (whole < 0 || most > mostSum) return undefined;
  if ((most * factor) / 2 ** 16 + 1 + Math.abs(round) >= 2 ** 31) return undefined;
  return { bias: bias * 2 ** lift, multiplier: factor, round, shift: left, lift, up: whole - lift };
}

/** Rescaled sums in the local `sums`; parameters are in locals that end in `row`. */
export const rescaled = (sums: string, row: string, fixed: number | undefined): string => `\
(i32x4.shr_s
        (i32x4.add
          (i32x4.add
            (i32x4.dot_i16x8_s (i32x4.add (local.get $${sums}) (v128.const i32x4 32768 32768 32768 32768)) (local.get $high_factor${row}))
            (i32x4.shr_s (i32x4.dot_i16x8_s (local.get $${sums}) (local.get $factor${row})) (i32.const 16)))
          (local.get $round${row}))
        ${fixed === undefined ? `(local.get $shift${row})` : `(i32.const ${fixed})`})`;
