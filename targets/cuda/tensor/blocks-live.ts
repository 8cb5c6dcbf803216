/** Which tiles of weights there are: of each 16 rows a bit for each segment, columns in the order of tensor cores. */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { liveness } from '../../../src/tensor/matrix.ts';
import type { Depth } from './depth.ts';
import { depthOf } from './depth.ts';
import type { Element } from './elements.ts';
import { segmentBytes, tileRows } from './tiles.ts';

/** Numbers below some bound, a bit each. */
export type Bits = Uint32Array<ArrayBuffer>;

export interface LiveTiles {
  /** Of each 16 rows. */
  readonly lines: readonly Bits[];
  readonly segments: number;
  readonly depth: Depth;
}

export const has = (bits: Bits, at: number): boolean => ((bits[at >> 5] >>> (at & 31)) & 1) === 1;

export function countBits(bits: Bits): number {
  let sum = 0;
  for (const word of bits) sum += ones(word);
  return sum;
}

/** How many of a word. */
export function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Columns of a segment. */
export const perSegment = ({ bytes }: Element): number => segmentBytes / bytes;

/** Those in which a weight is kept, whatever its value. */
export function liveTiles(matrix: Matrix, element: Element): LiveTiles {
  const inSegment = perSegment(element);
  const depth = depthOf(matrix, element, inSegment);
  const segments = depth.columns / inSegment;
  const lines = Array.from({ length: Math.ceil(matrix.rows / tileRows) }, () => new Uint32Array((segments + 31) >> 5));
  const segmentOf = Int32Array.from({ length: matrix.columns }, (_, c) =>
    Math.floor((Math.floor(c / matrix.run) * depth.padded + (c % matrix.run)) / inSegment),
  );
  const live = liveness(matrix);
  for (let row = 0; row < matrix.rows; row++) {
    const line = lines[Math.floor(row / tileRows)];
    for (let c = 0; c < matrix.columns; c++)
      if (live[row * matrix.columns + c] === 1) line[segmentOf[c] >> 5] |= 1 << (segmentOf[c] & 31);
  }
  return { lines, segments, depth };
}
