/** Powers of two and a real basis → 4-bit codes and bases of 8 bits, with one scale for each filter. */
import { coefficientOf, mostWhole, wholeAt } from '../tensor/decomposition.ts';
import { solveLeft, type Tall } from './least-squares.ts';
import { exponentOf } from './powers.ts';

/** W ≈ C B, of one unit. */
export interface RealUnit {
  /** Rows × 3: 0 or ±2^p. */
  readonly c: Float64Array;
  readonly b: Float64Array;
}

/** Codes, and the exponent that code 1 says. */
export interface CodedUnit {
  readonly codes: Uint8Array<ArrayBuffer>;
  readonly exponent: number;
  readonly b: Float64Array;
}

/** Powers of two that codes tell apart. */
export const window = 7;

/**
 * The codes of a unit: k of 1..7 says ±2^(e + 1 − k), where 2^e is the largest coefficient. What is smaller than k = 7
 * says has no code: it becomes 0, and B is fitted to W again.
 */
export function codedUnit({ c, b }: RealUnit, w?: Tall): CodedUnit {
  const largest = c.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const exponent = largest === 0 ? 0 : exponentOf(largest);
  const codes = Uint8Array.from(c, (v) => {
    const k = v === 0 ? window + 1 : exponent + 1 - exponentOf(v);
    if (k > window) return 0;
    return v < 0 ? k | 8 : k;
  });
  const cut = codes.some((code, at) => code === 0 && c[at] !== 0);
  if (!cut || !w) return { codes, exponent, b };
  const kept = Float64Array.from(codes, (code) => coefficientOf(code) * 2 ** (exponent - 6));
  return { codes, exponent, b: solveLeft(kept, w) };
}

export interface CodedFilter {
  readonly basis: Int8Array<ArrayBuffer>;
  readonly shift: Uint8Array<ArrayBuffer>;
  /** A power of two. */
  readonly scale: number;
}

/**
 * Wholes of a filter sum to this at most, so that sums of 8-bit inputs and a bias of as much stay within 32 bits: filters of
 * thousands of weights have bases of fewer bits.
 */
const mostSum = 2 ** 23;

/** The largest number of a basis. */
const mostBasis = 127;

/**
 * The bases of one filter, each rounded to a power of two that leaves at most 127, and the scale that all units share: as
 * fine as the finest, unless wholes would pass 16 bits, or their sum what engines add up. Units that are finer than that
 * are rounded to it.
 */
export function codedBases(units: readonly CodedUnit[]): CodedFilter {
  const steps = units.map(({ b, exponent }) => stepOf(b) + exponent - 6);
  const known = steps.filter(Number.isFinite);
  let least = known.length === 0 ? 0 : Math.min(...known);
  for (; ; least++) {
    const filter = atStep(units, steps, least);
    const sizes = units.map((unit, i) => sizeOf(unit, filter, i));
    const sum = sizes.reduce((total, size) => total + size.sum, 0);
    if (sum <= mostSum && sizes.every(({ most }) => most <= mostWhole)) return filter;
  }
}

/** The least p for which B / 2^p, rounded, has no number over 127; −Infinity where B is 0. */
function stepOf(b: Float64Array): number {
  const most = b.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  if (most === 0) return -Infinity;
  const step = exponentOf(most) - 6;
  return Math.round(most / 2 ** step) > mostBasis ? step + 1 : step;
}

function atStep(units: readonly CodedUnit[], steps: readonly number[], least: number): CodedFilter {
  const shift = Uint8Array.from(steps, (step) => Math.max(0, step - least));
  const basis = new Int8Array(9 * units.length);
  for (const [i, { b, exponent }] of units.entries())
    for (let n = 0; n < 9; n++) basis[9 * i + n] = Math.round(b[n] / 2 ** (least + shift[i] - (exponent - 6)));
  return { basis, shift, scale: 2 ** least };
}

/** The largest whole of a unit, and what all of them sum to, signs aside. */
function sizeOf({ codes }: CodedUnit, { basis, shift }: CodedFilter, unit: number) {
  const own = { codes, rows: codes.length / 3, basis: basis.slice(9 * unit, 9 * unit + 9), shift: shift.slice(unit) };
  let [most, sum] = [0, 0];
  for (let row = 0; row < codes.length / 3; row++)
    for (let j = 0; j < 3; j++) {
      const size = Math.abs(wholeAt(own, 0, row, j));
      most = Math.max(most, size);
      sum += size;
    }
  return { most, sum };
}
