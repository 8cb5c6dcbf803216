/**
 * Weights packed for one kernel: what it reads, in the order in which it does. A block of rows has a list of steps, each with
 * what it is multiplied with: eight pieces of channels, or 64 columns by themselves.
 */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import type { Depth, Piece, Taps } from './depth.ts';
import { depthOf, orderedDepth, pieceAt, spread } from './depth.ts';
import type { Element } from './elements.ts';
import { perPiece, perStep } from './elements.ts';
import { extraDepth, extraShare, withExtra } from './extra.ts';
import type { Order } from './fragments.ts';
import { fillBlock, stepBytes } from './fragments.ts';
import type { Kept } from './sparse.ts';
import { fillPlaces, keepHalf, sparseOrder } from './sparse.ts';

export interface Packing {
  /** Weights, and places where they are sparse, step by step. */
  readonly weights: Uint32Array<ArrayBuffer>;
  readonly stepBytes: number;
  /** Of each block of rows, its first step; then how many there are. */
  readonly begins: Int32Array<ArrayBuffer>;
  /** Two numbers for each piece of a step, or one for each column. One list for all blocks unless `own`. */
  readonly list: Int32Array<ArrayBuffer>;
  readonly own: boolean;
  readonly depth: Depth;
}

/** Weights of which none are left out. */
export function packDense(matrix: Matrix, rows: number, element: Element, taps: Taps): Packing {
  const depth = depthOf(matrix, element);
  const all = spread(matrix, depth, rows);
  const order: Order = { rows, segments: 4, extra: 0 };
  const words = wordsOf(element.store(all.values));
  return { ...stepsOf(all.rows, depth, words, order, element), ...sharedList(depth, taps, element), depth };
}

/** Weights of which half are kept in every few columns, or the row and column of a group where more are. */
export function packSparse(
  matrix: Matrix,
  rows: number,
  element: Element,
  taps: Taps,
  order?: Int32Array<ArrayBuffer>,
): Packing | string {
  const depth = order ? orderedDepth(matrix, element, order) : depthOf(matrix, element);
  const all = spread(matrix, depth, rows);
  const kept = keepHalf(all.values, all.rows, depth.columns, element);
  if ('row' in kept) return tooMany(kept, depth, element);
  const packed = halvesOf(kept, all.rows, depth, sparseOrder(rows, element), element);
  return { ...packed, ...sharedList(depth, taps, element), depth };
}

/** Weights of which up to three quarters are kept, where they fit: see `extra.ts`. */
export function packExtra(matrix: Matrix, rows: number, element: Element, taps: Taps): Packing | string {
  const depth = extraDepth(matrix, element);
  const all = spread(matrix, depth, rows);
  const values = withExtra(all.values, all.rows, depth.columns, element);
  const kept = keepHalf(values, all.rows, depth.columns * extraShare, element);
  const { group } = element;
  if ('row' in kept)
    return `takes at most ${1.5 * group} weights in every ${2 * group} columns, and row ${kept.row} has more`;
  const packed = halvesOf(kept, all.rows, depth, sparseOrder(rows, element, 3), element);
  return { ...packed, ...sharedList(depth, taps, element), depth };
}

/** The steps of kept weights, with their places behind them. */
function halvesOf({ values, nibbles }: Kept, rows: number, depth: Depth, order: Order, element: Element) {
  const packed = stepsOf(rows, depth, wordsOf(element.store(values)), order, element);
  const steps = depth.columns / perStep(element);
  const perRow = nibbles.length / rows;
  for (let block = 0; block < rows / order.rows; block++) {
    const to = packed.weights.subarray(
      (block * steps * packed.stepBytes) / 4,
      ((block + 1) * steps * packed.stepBytes) / 4,
    );
    fillPlaces(
      to,
      order,
      steps,
      element,
      (row, step, group) => nibbles[(block * order.rows + row) * perRow + (step * perRow) / steps + group],
    );
  }
  return packed;
}

function tooMany(
  { row, column }: { readonly row: number; readonly column: number },
  depth: Depth,
  { group }: Element,
): string {
  const tap = Math.floor(column / depth.padded);
  const first = tap * depth.channels + (column % depth.padded);
  return `takes weights of which at most ${group / 2} are kept in every ${group} columns, and row ${row} has more in columns ${first}..${first + group - 1}`;
}

/** The words of all rows, those of a step after another, taken apart for all blocks of rows. */
function stepsOf(
  rows: number,
  depth: Depth,
  words: Uint32Array<ArrayBuffer>,
  order: Order,
  element: Element,
): Pick<Packing, 'weights' | 'stepBytes' | 'begins'> {
  const steps = depth.columns / perStep(element);
  const blocks = rows / order.rows;
  const perStepWords = 8 * order.segments;
  const size = stepBytes(order);
  const weights = new Uint32Array((blocks * steps * size) / 4);
  for (let block = 0; block < blocks; block++) {
    const to = weights.subarray((block * steps * size) / 4, ((block + 1) * steps * size) / 4);
    fillBlock(to, order, steps, (row, step) => {
      const at = ((block * order.rows + row) * steps + step) * perStepWords;
      return words.subarray(at, at + perStepWords);
    });
  }
  const begins = Int32Array.from({ length: blocks + 1 }, (_, block) => block * steps);
  return { weights, stepBytes: size, begins };
}

const sharedList = (depth: Depth, taps: Taps, element: Element): Pick<Packing, 'list' | 'own'> => ({
  list: listOf(
    Array.from({ length: depth.columns / perPiece(element) }, (_, i) =>
      pieceAt(i * perPiece(element), depth, taps, element),
    ),
  ),
  own: false,
});

const listOf = (pieces: readonly Piece[]): Int32Array<ArrayBuffer> => Int32Array.from(pieces.flat());

const wordsOf = (bytes: Uint8Array<ArrayBuffer>): Uint32Array<ArrayBuffer> =>
  new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
