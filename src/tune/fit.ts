/** Rates from measurements: what each counted thing takes, so that sums of them come near to the times that were measured. */
import type { Counts } from '../plan/rates.ts';

export interface Measurement {
  readonly counts: Counts;
  readonly ns: number;
}

/**
 * The rates, none below zero, whose predictions have the least sum of squared relative errors; layers that lie far off,
 * as those do that something else ran beside, count less (Huber's weights, found in a few rounds). Things that no
 * measurement counts take nothing. Nanoseconds, in three digits.
 */
export function fitRates(measured: readonly Measurement[]): Counts {
  const things = [...new Set(measured.flatMap(({ counts }) => Object.keys(counts)))].sort();
  let weights = measured.map(() => 1);
  let rates = leastSquares(measured, things, weights);
  for (let round = 0; round < reweightings && measured.length > things.length; round++) {
    const errors = measured.map(({ counts, ns }) =>
      Math.abs(things.reduce((sum, thing, j) => sum + rates[j] * (counts[thing] ?? 0), 0) / ns - 1),
    );
    const usual = 2 * errors.toSorted((x, y) => x - y)[errors.length >> 1];
    weights = errors.map((error) => (error <= usual ? 1 : usual / error));
    rates = leastSquares(measured, things, weights);
  }
  const fitted = things.map((thing, j) => [thing, rates[j]] as const);
  // What takes less than a millionth of any layer is an error of rounding.
  const counts = (thing: string, rate: number): boolean =>
    measured.some((layer) => rate * (layer.counts[thing] ?? 0) > 1e-6 * layer.ns);
  return Object.fromEntries(fitted.flatMap(([thing, rate]) => (counts(thing, rate) ? [[thing, rounded(rate)]] : [])));
}

const reweightings = 5;

/**
 * One rate after the other, round and round, which for sums that are convex comes to the least there is: nonnegative
 * least squares by coordinate descent.
 */
function leastSquares(
  measured: readonly Measurement[],
  things: readonly string[],
  weights: readonly number[],
): readonly number[] {
  // Columns are scaled to one another: a count of bytes is a million times that of calls.
  const columns = things.map((thing) => measured.map(({ counts, ns }, i) => (weights[i] * (counts[thing] ?? 0)) / ns));
  const scales = columns.map((column) => Math.sqrt(column.reduce((sum, a) => sum + a * a, 0)));
  const rows = measured.map((_, i) => columns.map((column, j) => (scales[j] === 0 ? 0 : column[i] / scales[j])));
  const products = things.map((_, j) => things.map((_, k) => rows.reduce((sum, row) => sum + row[j] * row[k], 0)));
  const wanted = things.map((_, j) => rows.reduce((sum, row, i) => sum + weights[i] * row[j], 0));
  const rates = things.map(() => 0);
  for (let round = 0; round < mostRounds; round++) {
    let moved = 0;
    for (let j = 0; j < things.length; j++) {
      if (scales[j] === 0) continue;
      const others = products[j].reduce((sum, p, k) => (k === j ? sum : sum + p * rates[k]), 0);
      const next = Math.max(0, (wanted[j] - others) / products[j][j]);
      moved = Math.max(moved, Math.abs(next - rates[j]));
      rates[j] = next;
    }
    if (moved < settled) break;
  }
  return rates.map((rate, j) => (scales[j] === 0 ? 0 : rate / scales[j]));
}

const mostRounds = 100_000;
const settled = 1e-12;

const rounded = (rate: number): number => Number(rate.toPrecision(3));
