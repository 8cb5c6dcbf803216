/**
 * Which rows of kernels are pruned before a layer is decomposed: a row goes for 32 neighbouring filters at once, so that
 * one bit says for all of them that it is gone. Rows count by the sum of their magnitudes over the group.
 */
import type { Split } from './units.ts';
import { rowsOf } from './units.ts';

/** Filters that lose the same rows. */
export const groupSize = 32;

/**
 *   population   a share of the rows: those that count least
 *   energy       the rows that count least and together make up at most a share of the sum
 *   value        the rows whose weights are smaller, in the mean of their magnitudes, than this
 */
export const vectorModes = ['population', 'value', 'energy'] as const;

export type VectorMode = (typeof vectorModes)[number];

export interface VectorPruning {
  readonly mode: VectorMode;
  readonly amount: number;
}

/** 1 for each row of a group of filters that stays. `filters` are their weights, canonical. */
export function keptVectors(
  filters: readonly ArrayLike<number>[],
  split: Split,
  run: number,
  { mode, amount }: VectorPruning,
): Uint8Array<ArrayBuffer> {
  const counts = new Float64Array(split.rows * split.units);
  for (const filter of filters) {
    const rows = rowsOf(filter, split, run);
    for (let row = 0; row < counts.length; row++)
      counts[row] += Math.abs(rows[3 * row]) + Math.abs(rows[3 * row + 1]) + Math.abs(rows[3 * row + 2]);
  }
  const order = Array.from(counts.keys()).sort((a, b) => counts[a] - counts[b] || b - a);
  const cut = order.slice(
    0,
    cutsOf(order, counts, { mode, amount: mode === 'value' ? amount * 3 * filters.length : amount }),
  );
  const kept = new Uint8Array(counts.length).fill(1);
  for (const row of cut) kept[row] = 0;
  return kept;
}

/** How many rows go, in ascending order of what they count. */
function cutsOf(order: readonly number[], counts: Float64Array, { mode, amount }: VectorPruning): number {
  if (mode === 'population') return Math.floor(amount * order.length);
  const allowed = mode === 'energy' ? amount * counts.reduce((sum, count) => sum + count, 0) : amount;
  let [sum, cuts] = [0, 0];
  for (const row of order) {
    sum = mode === 'energy' ? sum + counts[row] : counts[row];
    if (mode === 'energy' ? sum > allowed : sum >= allowed) break;
    cuts++;
  }
  return cuts;
}
