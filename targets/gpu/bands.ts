/** Rows of weights in bands that share their places, those with most places first, so that neighbours take as long. */
import { groupsOf } from '../../src/formats/alike.ts';
import { eachBit, liveBits, popcount } from '../../src/formats/livebits.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { liveness } from '../../src/tensor/matrix.ts';
import type { Encoding } from '../../src/tensor/type.ts';
import type { Height, Order } from './storage.ts';

export interface Bands {
  readonly count: number;
  /** Places of each band, run after run, in words. */
  readonly bits: Int32Array<ArrayBuffer>;
  /** The first value of each band, in groups of as many as a band has rows; and where those of the last band end. */
  readonly first: Int32Array<ArrayBuffer>;
  /** The first row of each band, or all of its rows. Those that the matrix does not have are past its last. */
  readonly rows: Int32Array<ArrayBuffer>;
  /** 1, or as many as a band has rows. */
  readonly rowStep: number;
  /** Of each band, how many groups of values are before those of each lane. */
  readonly starts: Uint16Array<ArrayBuffer>;
  readonly order: Order;
}

/** Of longer rows, `starts` do not count. */
export const mostColumns = 65536;

/**
 * Rows of a group of `rowsEach` share bands with none of another, which reads other channels. Where a band has several `lanes`, of its words
 * each of them takes every so manieth, and values are in the order of lanes.
 */
export function bandsOf(
  matrix: Matrix,
  height: Height,
  encoding: Encoding,
  { rowsEach = matrix.rows, lanes = 1 }: { readonly rowsEach?: number; readonly lanes?: number } = {},
): Bands {
  const isVector = encoding.format === 'vec' && height > 1;
  const scattered = isVector || (rowsEach < matrix.rows && rowsEach % height > 0);
  const members = Array.from({ length: matrix.rows / rowsEach }, (_, group) => {
    const own = rowsEach < matrix.rows ? rowsOf(matrix, group * rowsEach, rowsEach) : matrix;
    const inGroup = isVector ? scatteredRows(own, height) : neighbours(own, height);
    if (rowsEach === matrix.rows) return inGroup;
    return inGroup.map((band) => band.map((row) => (row < rowsEach ? row + group * rowsEach : matrix.rows)));
  }).flat();
  const live = liveBits(matrix);
  const { wordsPerRow } = live;
  const own = members
    .map((rows, band) => {
      const words = new Int32Array(wordsPerRow);
      for (const row of rows)
        if (row < matrix.rows) for (let w = 0; w < wordsPerRow; w++) words[w] |= live.words[row * wordsPerRow + w];
      return { band, rows, words, places: words.reduce((sum, word) => sum + popcount(word), 0) };
    })
    .sort((a, b) => b.places - a.places || a.band - b.band);
  const kept = liveness(matrix);
  const total = height * own.reduce((sum, { places }) => sum + places, 0);
  const order = { rows: new Int32Array(total), columns: new Int32Array(total) };
  const bits = new Int32Array(own.length * wordsPerRow);
  const first = new Int32Array(own.length + 1);
  const starts = new Uint16Array(own.length * lanes);
  let next = 0;
  own.forEach(({ rows, words }, slot) => {
    bits.set(words, slot * wordsPerRow);
    first[slot] = next / height;
    for (let lane = 0; lane < lanes; lane++) {
      starts[slot * lanes + lane] = next / height - first[slot];
      eachBit(live, ofLane(words, lane, lanes), (column) => {
        for (const row of rows) {
          order.rows[next] = row < matrix.rows && kept[row * matrix.columns + column] === 1 ? row : -1;
          order.columns[next++] = column;
        }
      });
    }
  });
  first[own.length] = next / height;
  const rows = Int32Array.from(own.flatMap((band) => (scattered ? band.rows : band.rows.slice(0, 1))));
  return { count: own.length, bits, first, rows, rowStep: scattered ? height : 1, starts, order };
}

const ofLane = (words: Int32Array<ArrayBuffer>, lane: number, lanes: number): Int32Array =>
  lanes === 1 ? words : words.map((word, w) => (w % lanes === lane ? word : 0));

function rowsOf({ columns, run, data, mask }: Matrix, first: number, rows: number): Matrix {
  const [from, to] = [first * columns, (first + rows) * columns];
  return { rows, columns, run, data: data.slice(from, to), ...(mask && { mask: mask.slice(from, to) }) };
}

const neighbours = ({ rows }: Matrix, height: Height): readonly (readonly number[])[] =>
  Array.from({ length: Math.ceil(rows / height) }, (_, b) => Array.from({ length: height }, (_, r) => b * height + r));

/** Those that have the same columns, wherever they stand. */
function scatteredRows(matrix: Matrix, height: Height): readonly (readonly number[])[] {
  const all = Array.from(groupsOf(matrix, height), (row) => (row < 0 ? matrix.rows : row));
  return Array.from({ length: all.length / height }, (_, b) => all.slice(b * height, (b + 1) * height));
}
