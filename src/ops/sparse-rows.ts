/** Rows of weights without their zeros, and what each adds up of eight vectors that lie side by side. */

/** Vectors that are multiplied at once: as many sums as a processor has registers for. */
export const lanes = 8;

/** Some rows of a matrix, row by row: entries starts[r] to starts[r + 1] belong to row first + r. */
export interface SparseRows {
  readonly values: Float64Array;
  /** Where the eight numbers lie that a value is multiplied by: 8 · column, so that bits 0..2 are free for the lane. */
  readonly places: Int32Array;
  readonly starts: Int32Array;
  first: number;
  count: number;
}

/** Room for so many rows with so many weights in all. */
export const emptyRows = (rows: number, weights: number): SparseRows => ({
  values: new Float64Array(weights),
  places: new Int32Array(weights),
  starts: new Int32Array(rows + 1),
  first: 0,
  count: 0,
});

/** Adds to totals[to + l · step + row] the product of each row and vector l of `x`, which holds column c of it at 8c + l. */
export function addRows(rows: SparseRows, x: Float64Array, totals: Float64Array, to: number, step: number): void {
  const { values, places, starts, first, count } = rows;
  for (let r = 0; r < count; r++) {
    const [from, end] = [starts[r], starts[r + 1]];
    if (from === end) continue;
    let [t0, t1, t2, t3, t4, t5, t6, t7] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let e = from; e < end; e++) {
      const value = values[e];
      const at = places[e];
      t0 += value * x[at];
      t1 += value * x[at | 1];
      t2 += value * x[at | 2];
      t3 += value * x[at | 3];
      t4 += value * x[at | 4];
      t5 += value * x[at | 5];
      t6 += value * x[at | 6];
      t7 += value * x[at | 7];
    }
    const at = to + first + r;
    totals[at] += t0;
    totals[at + step] += t1;
    totals[at + 2 * step] += t2;
    totals[at + 3 * step] += t3;
    totals[at + 4 * step] += t4;
    totals[at + 5 * step] += t5;
    totals[at + 6 * step] += t6;
    totals[at + 7 * step] += t7;
  }
}

/** The same for whole numbers whose sums may leave 2^53: in 32 bits that wrap around. */
export function addWrappedRows(
  rows: SparseRows,
  x: Float64Array,
  totals: Float64Array,
  to: number,
  step: number,
): void {
  const { values, places, starts, first, count } = rows;
  for (let r = 0; r < count; r++)
    for (let lane = 0; lane < lanes; lane++) {
      const at = to + lane * step + first + r;
      let total = totals[at] | 0;
      for (let e = starts[r]; e < starts[r + 1]; e++) total = (total + Math.imul(values[e], x[places[e] + lane])) | 0;
      totals[at] = total;
    }
}
