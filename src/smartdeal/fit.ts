/**
 * W ≈ C B for a unit W of rows × 3: C of powers of two and zeros, B of 3x3. The alternating fit of the paper's code:
 * round C, fit B to it, fit C to that, cut what is small.
 */
import { bug } from '../diagnostic.ts';
import { solveLeft, solveRight, times } from './least-squares.ts';
import { nearestPowers } from './powers.ts';

export interface FitOptions {
  /** Rounds, the last of which fits B alone; two at least. */
  readonly iterations: number;
  /** Coefficients nearer to zero than this are cut. */
  readonly theta: number;
  /** Whether rows whose coefficients sum to less than 5 theta are cut whole. */
  readonly cutRows: boolean;
  /** Whether each column of C is scaled, before it is rounded, to lie near powers of two. */
  readonly scale: boolean;
}

export const usualFit: FitOptions = { iterations: 30, theta: 4e-3, cutRows: false, scale: false };

/** C stays as it is when it moves no further than this. */
const tolerance = 1e-10;

/** Coefficients at most. */
const mostCoefficient = 32;

/** By how much theta falls where a whole column of C was cut, and how often. */
const decay = 0.5;
const mostRestarts = 8;

export interface Fit {
  /** Rows × 3: 0 or ±2^p with p of at most 5. */
  readonly c: Float64Array;
  /** 3x3, row by row. */
  readonly b: Float64Array;
  /** ‖W − C B‖². */
  readonly error: number;
}

/** Told about each step: how far W was from C B before B, or C, was fitted, and how far after. */
export type OnStep = (of: 'basis' | 'coefficients', before: number, after: number) => void;

/** The best that any round gives: rounding C may undo what fitting it has won. */
export function fitUnit(w: Float64Array, options: FitOptions, onStep?: OnStep): Fit {
  let theta = options.theta;
  for (let restart = 0; ; restart++) {
    const fit = alternate(w, { ...options, theta }, onStep);
    if (fit) return fit;
    theta *= restart + 1 < mostRestarts ? decay : 0;
  }
}

/** Undefined where columns are scaled and one has no coefficient left. */
function alternate(w: Float64Array, options: FitOptions, onStep?: OnStep): Fit | undefined {
  const { iterations, theta, scale } = options;
  let b: Float64Array = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  let c: Float64Array = w;
  let before: Float64Array | undefined;
  let best: Fit | undefined;
  for (let round = 0; round < iterations; round++) {
    if (scale && theta > 0 && hasEmptyColumn(c) && !hasEmptyColumn(w)) return undefined;
    const q = nearestPowers(scale ? scaledColumns(c) : c, mostCoefficient);
    const far = onStep ? distance(w, q, b) : 0;
    b = solveLeft(q, w);
    const error = distance(w, q, b);
    onStep?.('basis', far, error);
    // Before the first cut all of C is there, and many more powers than codes can say.
    if (round > 0 && (!best || error < best.error)) best = { c: q, b, error };
    if (before && moved(q, before) <= tolerance) break;
    before = q;
    const fitted = solveRight(b, w);
    onStep?.('coefficients', error, distance(w, fitted, b));
    c = cutSmall(fitted, options);
  }
  return best ?? bug(`a fit of ${iterations} rounds cuts nothing`);
}

/** ‖W − C B‖². */
export function distance(w: Float64Array, c: Float64Array, b: Float64Array): number {
  const made = times(c, b);
  let sum = 0;
  for (let at = 0; at < w.length; at++) sum += (w[at] - made[at]) ** 2;
  return sum;
}

function moved(now: Float64Array, before: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < now.length; at++) sum += (now[at] - before[at]) ** 2;
  return Math.sqrt(sum);
}

function cutSmall(c: Float64Array, { theta, cutRows }: FitOptions): Float64Array {
  const out = c.slice();
  for (let at = 0; at < out.length; at += 3) {
    const row = out.subarray(at, at + 3);
    const size = Math.abs(row[0]) + Math.abs(row[1]) + Math.abs(row[2]);
    if (cutRows && size < 5 * theta) row.fill(0);
    for (let j = 0; j < 3; j++) if (Math.abs(row[j]) < theta) row[j] = 0;
  }
  return out;
}

const columns = [0, 1, 2];

const hasEmptyColumn = (c: Float64Array): boolean =>
  columns.some((j) => c.every((value, at) => at % 3 !== j || value === 0));

/** Each column times 2 to the mean of how far its numbers are from the next power of two, in powers. */
function scaledColumns(c: Float64Array): Float64Array {
  const factors = columns.map((j) => {
    let [sum, count] = [0, 0];
    for (let at = j; at < c.length; at += 3) {
      if (c[at] === 0) continue;
      const log = Math.log2(Math.abs(c[at]));
      sum += Math.round(log) - log;
      count++;
    }
    return count === 0 ? 1 : 2 ** (sum / count);
  });
  return c.map((value, at) => value * factors[at % 3]);
}
