/**
 * Weights of which the rows of a block have only some of all columns, or never more than two of a four once columns change places: V:N:M weights
 * (VENOM, arXiv:2310.02065), rows that share columns, and weights without any order where few are kept. The block's columns become a list of
 * fours, and what is left is 2:4 on them. Seen from the weights themselves, whatever made them.
 */
import { bug } from '../../../src/diagnostic.ts';
import { alignUp } from '../../../src/plan/arena.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { isLive, liveness } from '../../../src/tensor/matrix.ts';
import type { Element } from './elements.ts';
import { elements, perStep } from './elements.ts';
import { fillBlock, stepBytes } from './fragments.ts';
import type { Packing } from './packing.ts';
import { fillPlaces, keepHalf, sparseOrder } from './sparse.ts';

/** Fours that columns are tried in. The oldest stays as it is when there are more. */
const mostOpen = 32;

/**
 * The live columns of each block of rows in fours, −1 where a four has fewer: of no four a row has more than two. Each column goes to the first that
 * takes it. `rows`: a multiple of 32.
 */
export function foursOf(matrix: Matrix, rows: number): readonly Int32Array<ArrayBuffer>[] {
  const bits = columnBits(matrix);
  const blocks = Math.ceil(matrix.rows / rows);
  return Array.from({ length: blocks }, (_, block) => foursIn(bits, matrix.columns, block * (rows / 32), rows / 32));
}

/** Of each column, 32 rows a word. */
export interface Bits {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly perColumn: number;
}

const known = new WeakMap<Matrix, Bits>();

export function columnBits(matrix: Matrix): Bits {
  const before = known.get(matrix);
  if (before) return before;
  const { rows, columns } = matrix;
  const perColumn = Math.ceil(rows / 32);
  const words = new Uint32Array(columns * perColumn);
  const live = liveness(matrix);
  for (let row = 0; row < rows; row++)
    for (let c = 0; c < columns; c++) words[c * perColumn + (row >> 5)] |= live[row * columns + c] << (row & 31);
  const bits = { words, perColumn };
  known.set(matrix, bits);
  return bits;
}

/** Of each four there are the rows that have one of its columns, and those that have two. */
function foursIn({ words, perColumn }: Bits, columns: number, first: number, count: number): Int32Array<ArrayBuffer> {
  const own = Math.min(count, perColumn - first);
  const fours: number[][] = [];
  const [one, two] = [new Uint32Array(columns * own), new Uint32Array(columns * own)];
  const open: number[] = [];
  for (let column = 0; column < columns; column++) {
    const from = column * perColumn + first;
    let any = 0;
    for (let w = 0; w < own; w++) any |= words[from + w];
    if (any === 0) continue;
    let at = 0;
    while (at < open.length && !isApart(words, from, two, open[at] * own, own)) at++;
    if (at === open.length) {
      open.push(fours.length);
      fours.push([]);
    }
    const four = open[at];
    fours[four].push(column);
    for (let w = 0; w < own; w++) {
      two[four * own + w] |= one[four * own + w] & words[from + w];
      one[four * own + w] |= words[from + w];
    }
    if (fours[four].length === 4) open.splice(at, 1);
    else if (open.length > mostOpen) open.shift();
  }
  return Int32Array.from(fours.flatMap((list) => [0, 1, 2, 3].map((k) => list[k] ?? -1)));
}

function isApart(a: Uint32Array, from: number, b: Uint32Array, to: number, count: number): boolean {
  for (let w = 0; w < count; w++) if ((a[from + w] & b[to + w]) !== 0) return false;
  return true;
}

/** `fours`: of `foursOf`. The list has columns of weights. */
export function packGathered(
  matrix: Matrix,
  rows: number,
  fours: readonly Int32Array<ArrayBuffer>[],
  element: Element = elements.f16,
): Packing {
  const order = sparseOrder(rows, element);
  const size = stepBytes(order);
  const inStep = perStep(element);
  const begins = new Int32Array(fours.length + 1);
  for (const [block, { length }] of fours.entries()) begins[block + 1] = begins[block] + Math.ceil(length / inStep);
  const all = begins[fours.length];
  const weights = new Uint32Array((all * size) / 4);
  const list = new Int32Array(all * inStep).fill(-1);
  for (const [block, own] of fours.entries()) {
    const columns = alignUp(own.length, inStep);
    const steps = columns / inStep;
    const values = new Float32Array(rows * columns);
    for (let row = 0; row < Math.min(rows, matrix.rows - block * rows); row++)
      own.forEach((column, k) => {
        const at = (block * rows + row) * matrix.columns + column;
        if (column >= 0 && isLive(matrix, at)) values[row * columns + k] = matrix.data[at];
      });
    const kept = keepHalf(values, rows, columns, element);
    if ('row' in kept) bug(`row ${block * rows + kept.row} has more than two of a four`);
    const words = new Uint32Array(element.store(kept.values).buffer);
    const to = weights.subarray((begins[block] * size) / 4, (begins[block + 1] * size) / 4);
    fillBlock(to, order, steps, (row, step) =>
      words.subarray((row * steps + step) * 16, (row * steps + step + 1) * 16),
    );
    const perRow = columns / element.group;
    fillPlaces(
      to,
      order,
      steps,
      element,
      (row, step, group) => kept.nibbles[row * perRow + step * (perRow / steps) + group],
    );
    list.set(own, begins[block] * inStep);
  }
  const depth = { taps: 1, channels: matrix.columns, padded: matrix.columns, columns: matrix.columns };
  return { weights, stepBytes: size, begins, list, own: true, depth };
}
