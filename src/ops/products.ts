/**
 * Sums of products: the inner loops of the meanings that multiply matrices. Of f32 in double precision, and of i32 in
 * 32 bits that wrap around.
 */
import type { Numbers } from '../tensor/numbers.ts';
import type { DType } from '../tensor/type.ts';

/** Sums of f32 or of i32. */
export type Totals = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

export const totalsFor = (dtype: DType, length: number): Totals =>
  dtype === 'i32' ? new Int32Array(length) : new Float64Array(length);

/** Rows of `columns` neighbouring numbers, each `stride` after the one before. */
export interface Rows {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
}

/**
 * Adds to totals[to + r] the product of row r of `weights`, from `first` on, and the numbers of x from `from` on.
 * Four rows at once, which JavaScript runs twice as fast as one after the other.
 */
export function addProducts(
  totals: Totals,
  to: number,
  shape: Rows,
  weights: Numbers,
  first: number,
  x: Numbers,
  from: number,
): void {
  const { rows, columns, stride } = shape;
  if (totals instanceof Int32Array) {
    addWholeProducts(totals, to, shape, weights, first, x, from);
    return;
  }
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const [w0, w1] = [first + r * stride, first + (r + 1) * stride];
    const [w2, w3] = [first + (r + 2) * stride, first + (r + 3) * stride];
    let [t0, t1, t2, t3] = [0, 0, 0, 0];
    for (let k = 0; k < columns; k++) {
      const value = x[from + k];
      t0 += value * weights[w0 + k];
      t1 += value * weights[w1 + k];
      t2 += value * weights[w2 + k];
      t3 += value * weights[w3 + k];
    }
    totals[to + r] += t0;
    totals[to + r + 1] += t1;
    totals[to + r + 2] += t2;
    totals[to + r + 3] += t3;
  }
  for (; r < rows; r++) {
    const w = first + r * stride;
    let total = 0;
    for (let k = 0; k < columns; k++) total += x[from + k] * weights[w + k];
    totals[to + r] += total;
  }
}

function addWholeProducts(
  totals: Int32Array,
  to: number,
  { rows, columns, stride }: Rows,
  weights: Numbers,
  first: number,
  x: Numbers,
  from: number,
): void {
  for (let r = 0; r < rows; r++) {
    const w = first + r * stride;
    let total = totals[to + r];
    for (let k = 0; k < columns; k++) total = (total + Math.imul(x[from + k], weights[w + k])) | 0;
    totals[to + r] = total;
  }
}
