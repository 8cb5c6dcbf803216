/** Layers in parts that one call each computes: all of it, or one phase of a transposed convolution. */
import type { Matrix } from '../../src/tensor/matrix.ts';
import { wordsOf } from '../../src/tensor/matrix.ts';
import type { Order } from './storage.ts';
import type { PartWindow, Window } from './window.ts';

export interface Part {
  readonly window: Window;
  /** The weights that it multiplies. */
  readonly matrix: Matrix;
  /** Which of the layer's columns these have, where they do not have all of them. */
  readonly columns?: Int32Array<ArrayBuffer>;
}

export const partsOf = (matrix: Matrix, windows: readonly PartWindow[]): readonly Part[] =>
  windows.map(({ window, taps }) => ({ window, ...withTaps(matrix, taps) }));

/** The columns of some taps, in their order. */
function withTaps(matrix: Matrix, taps: readonly number[] | undefined): Omit<Part, 'window'> {
  if (!taps) return { matrix };
  const { run, rows, columns: all, data, mask } = matrix;
  const columns = Int32Array.from({ length: taps.length * run }, (_, c) => taps[Math.floor(c / run)] * run + (c % run));
  const place = (i: number): number => Math.floor(i / columns.length) * all + columns[i % columns.length];
  const own = new Float32Array(rows * columns.length);
  const [to, from] = [wordsOf(own), wordsOf(data)];
  for (let i = 0; i < to.length; i++) to[i] = from[place(i)];
  const kept = mask && Uint8Array.from({ length: own.length }, (_, i) => mask[place(i)]);
  return { matrix: { rows, columns: columns.length, run, data: own, ...(kept && { mask: kept }) }, columns };
}

/** Which weights of the layer its parts store, one part after the other, and how many are before each. */
export function ordersOf(parts: readonly (Pick<Part, 'columns'> & { readonly order: Order })[]) {
  const [first, ...others] = parts;
  if (others.length === 0 && !first.columns) return { order: first.order, starts: [0] };
  const total = parts.reduce((sum, { order }) => sum + order.rows.length, 0);
  const order = { rows: new Int32Array(total), columns: new Int32Array(total) };
  let next = 0;
  const starts = parts.map((part) => {
    const start = next;
    for (let i = 0; i < part.order.rows.length; i++, next++) {
      order.rows[next] = part.order.rows[i];
      const column = part.order.columns[i];
      order.columns[next] = part.columns ? part.columns[column] : column;
    }
    return start;
  });
  return { order, starts };
}
