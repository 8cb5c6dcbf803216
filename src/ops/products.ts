/**
 * Sums of products: what all meanings that multiply matrices have in common. In doubles, where products of f32 are
 * exact, and so are sums of whole numbers below 2^53; whole numbers that may go beyond wrap around term by term.
 *
 * Weights of zero are left out, unless something they would meet is not finite. What a tile of weights is multiplied by
 * fits the fastest cache, whatever the size of the whole.
 */
import type { DType } from '../tensor/type.ts';
import type { SparseRows } from './sparse-rows.ts';
import { addRows, addWrappedRows, emptyRows, lanes } from './sparse-rows.ts';

/** A matrix that lies somewhere in plain data: element (r, c) at from + r · down + c · across. */
export interface Grid {
  readonly data: ArrayLike<number>;
  readonly rows: number;
  readonly columns: number;
  readonly from: number;
  readonly down: number;
  readonly across: number;
}

/** A matrix whose rows lie one after the other. */
export const gridOf = (data: ArrayLike<number>, rows: number, columns: number): Grid => ({
  data,
  rows,
  columns,
  from: 0,
  down: columns,
  across: 1,
});

/** What weights are multiplied by. */
export interface Vectors {
  readonly count: number;
  /** The largest magnitude of any number; infinite where one is not a number. */
  readonly most: number;
  /**
   * Puts columns `from` to `end` of eight vectors side by side: column c of vector first + l at to[8 · (c − from) + l].
   * Beyond the last vector anything will do.
   */
  layOut(to: Float64Array, first: number, from: number, end: number): void;
}

/** The largest magnitude of any number in it; infinite where one is not a number. */
export function magnitude({ data, rows, columns, from, down, across }: Grid): number {
  let most = 0;
  for (let r = 0; r < rows; r++)
    for (let c = 0, at = from + r * down; c < columns; c++, at += across) {
      const x = Math.abs(data[at]);
      if (most < x) most = x;
      else if (Number.isNaN(x)) return Infinity;
    }
  return most;
}

/** The rows of a matrix as vectors. */
export const vectorsOf = (grid: Grid): Vectors => ({
  count: grid.rows,
  most: magnitude(grid),
  layOut(to, first, from, end) {
    const { data, rows, down, across } = grid;
    for (let lane = 0; lane < Math.min(lanes, rows - first); lane++) {
      const at = grid.from + (first + lane) * down + from * across;
      for (let c = 0; c < end - from; c++) to[lanes * c + lane] = data[at + c * across];
    }
  },
});

/** A tile: its vectors, eight at a time, take half of a small first cache, and its weights a part of the second. */
const tileColumns = 256;
const tileWeights = 2 ** 14;

/** Whether sums in doubles are right: those of f32 by definition, of i32 where none comes near 2^53. */
export const fitsDoubles = (dtype: DType, weights: Grid, most: number): boolean =>
  dtype === 'f32' || most * magnitude(weights) * weights.columns <= 2 ** 52;

/**
 * The product of each vector and each row: that of vector v and row r at v · rows + r. With groups, rows are in so many
 * parts, and part g has columns g · columns of the vectors and on.
 */
export function products(dtype: DType, weights: Grid, groups: number, x: Vectors): Float64Array<ArrayBuffer> {
  const { rows, columns } = weights;
  // Eight vectors at a time are whole eights.
  const totals = new Float64Array(Math.ceil(x.count / lanes) * lanes * rows);
  const all = groups * columns;
  const block = new Float64Array(lanes * Math.min(tileColumns, all));
  const room = emptyRows(rows, Math.min(tileWeights, rows * Math.min(tileColumns, columns)));
  const add = fitsDoubles(dtype, weights, x.most) ? addRows : addWrappedRows;
  for (let from = 0; from < all; from += tileColumns) {
    const end = Math.min(from + tileColumns, all);
    const [first, last] = [Math.floor(from / columns), Math.ceil(end / columns)].map((g) => g * (rows / groups));
    for (let row = first; row < last; row += room.count) {
      fill(room, weights, groups, { row, last, from, end }, x.most === Infinity);
      for (let v = 0; v < x.count; v += lanes) {
        x.layOut(block, v, from, end);
        add(room, block, totals, v * rows, rows);
      }
    }
  }
  return totals.subarray(0, x.count * rows);
}

interface Tile {
  /** Rows of weights: as many of them as there is room for. */
  readonly row: number;
  readonly last: number;
  /** Columns of the vectors. */
  readonly from: number;
  readonly end: number;
}

function fill(room: SparseRows, weights: Grid, groups: number, { row, last, from, end }: Tile, zeros: boolean): void {
  const { data, rows, columns, down, across } = weights;
  const { values, places, starts } = room;
  const width = Math.min(columns, end - from);
  let entry = 0;
  let r = row;
  for (; r < last && entry + width <= values.length; r++) {
    const start = Math.floor((r * groups) / rows) * columns;
    const at = weights.from + r * down - start * across;
    starts[r - row] = entry;
    for (let c = Math.max(from, start); c < Math.min(end, start + columns); c++) {
      const value = data[at + c * across];
      if (value === 0 && !zeros) continue;
      values[entry] = value;
      places[entry++] = lanes * (c - from);
    }
  }
  starts[r - row] = entry;
  room.first = row;
  room.count = r - row;
}

/**
 * The product of each row of a and each row of b: (i, j) at i · b.rows + j. Of the two, what has more rows is laid out
 * in lanes.
 */
export function matrixProduct(dtype: DType, a: Grid, b: Grid): Float64Array<ArrayBuffer> {
  if (a.rows >= Math.min(b.rows, lanes)) return products(dtype, b, 1, vectorsOf(a));
  const turned = products(dtype, a, 1, vectorsOf(b));
  const totals = new Float64Array(a.rows * b.rows);
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < b.rows; j++) totals[i * b.rows + j] = turned[j * a.rows + i];
  return totals;
}
