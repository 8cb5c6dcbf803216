/**
 * Weights packed for one kernel: what it reads, in the order in which it does. A block of rows has a list of steps, each with
 * what it is multiplied with: eight pieces of channels, or 64 columns by themselves.
 */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import type { Depth, Piece, Taps } from './depth.ts';
import { depthOf, noPiece, pieceAt, spread } from './depth.ts';
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
export function packSparse(matrix: Matrix, rows: number, element: Element, taps: Taps): Packing | string {
  const depth = depthOf(matrix, element);
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

/** Rows of a tile, and bytes of a row in a segment: what tensor cores multiply at once, and skip if it is zero. */
const tileRows = 16;
const segmentBytes = 32;

/**
 * Weights of which whole tiles are left out: a block of rows has the segments in which any of its rows has weights, four to a
 * step, and behind the weights of a step a bit for each that one of its tiles has.
 */
export function packBlocks(matrix: Matrix, rows: number, element: Element, taps: Taps): Packing {
  const inSegment = segmentBytes / element.bytes;
  const depth = depthOf(matrix, element, inSegment);
  const all = spread(matrix, depth, rows);
  const order: Order = { rows, segments: 4, extra: 16 };
  const size = stepBytes(order);
  const words = wordsOf(element.store(all.values));
  const wordsPerRow = (depth.columns * element.bytes) / 4;
  const segments = wordsPerRow / 8;
  const live = liveTiles(all.values, all.rows, depth.columns, inSegment);
  const blocks = all.rows / rows;
  const own = Array.from({ length: blocks }, (_, block) =>
    Array.from({ length: segments }, (_, s) => s).filter((s) => tilesOf(live, block, rows, segments, s) !== 0),
  );
  const steps = own.map((list) => Math.ceil(list.length / 4));
  const begins = new Int32Array(blocks + 1);
  for (const [block, count] of steps.entries()) begins[block + 1] = begins[block] + count;
  const weights = new Uint32Array((begins[blocks] * size) / 4);
  const pieces: Piece[] = [];
  const none = new Uint32Array(8);
  own.forEach((list, block) => {
    const to = weights.subarray((begins[block] * size) / 4, (begins[block + 1] * size) / 4);
    const four = (step: number): readonly (number | undefined)[] => [0, 1, 2, 3].map((k) => list[4 * step + k]);
    fillBlock(to, order, steps[block], (row, step) => {
      const from = (block * rows + row) * wordsPerRow;
      const parts = four(step).map((s) => (s === undefined ? none : words.subarray(from + 8 * s, from + 8 * s + 8)));
      return Uint32Array.from(parts.flatMap((part) => [...part]));
    });
    for (let step = 0; step < steps[block]; step++) {
      four(step).forEach((s, k) => {
        for (let p = 0; p < 2; p++)
          pieces.push(s === undefined ? noPiece : pieceAt(s * inSegment + p * perPiece(element), depth, taps, element));
        const tiles = s === undefined ? 0 : tilesOf(live, block, rows, segments, s);
        for (let tile = 0; tile < rows / tileRows; tile++)
          if ((tiles >> tile) & 1) to[(step * size + 128 * rows) / 4] |= 1 << (4 * tile + k);
      });
    }
  });
  return { weights, stepBytes: size, begins, list: listOf(pieces), own: true, depth };
}

/** 1 for each tile and segment with a weight, tile by tile. */
function liveTiles(values: Float32Array<ArrayBuffer>, rows: number, columns: number, inSegment: number): Uint8Array {
  const segments = columns / inSegment;
  const live = new Uint8Array((rows / tileRows) * segments);
  for (let at = 0; at < values.length; at++)
    if (values[at] !== 0) {
      const [row, column] = [Math.floor(at / columns), at % columns];
      live[Math.floor(row / tileRows) * segments + Math.floor(column / inSegment)] = 1;
    }
  return live;
}

/** A bit for each tile of a block. */
function tilesOf(live: Uint8Array, block: number, rows: number, segments: number, segment: number): number {
  let bits = 0;
  for (let tile = 0; tile < rows / tileRows; tile++)
    bits |= live[(block * (rows / tileRows) + tile) * segments + segment] << tile;
  return bits;
}

const wordsOf = (bytes: Uint8Array<ArrayBuffer>): Uint32Array<ArrayBuffer> =>
  new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
