/**
 * Columns of weights in the order of tensor cores: tap by tap, the channels of each padded with zeros to whole pieces, and
 * all of them to whole steps.
 */
import { alignUp } from '../../../src/plan/arena.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { isLive } from '../../../src/tensor/matrix.ts';
import type { Element } from './elements.ts';
import { perPiece, perStep } from './elements.ts';

export interface Depth {
  readonly taps: number;
  /** Channels of a tap, and what they are padded to. */
  readonly channels: number;
  readonly padded: number;
  /** Columns with their padding. */
  readonly columns: number;
  /** Of each of `padded`, the channel that is there, −1 where none is: as they come, unless given. */
  readonly order?: Int32Array<ArrayBuffer>;
}

/** `multiple`: of so many channels, pieces unless given. */
export function depthOf({ columns, run }: Matrix, element: Element, multiple = perPiece(element)): Depth {
  const taps = columns / run;
  const padded = alignUp(run, multiple);
  return { taps, channels: run, padded, columns: alignUp(taps * padded, perStep(element)) };
}

/** The same with channels in an order, whole pieces of them. */
export function orderedDepth(matrix: Matrix, element: Element, order: Int32Array<ArrayBuffer>): Depth {
  const { taps, channels } = depthOf(matrix, element);
  return { taps, channels, padded: order.length, columns: alignUp(taps * order.length, perStep(element)), order };
}

/** Weights by rows, padded with rows of zeros to a multiple, and by columns of `depth`. Dropped ones are zeros. */
export function spread(
  matrix: Matrix,
  { taps, channels, padded, columns, order }: Depth,
  multiple: number,
): { readonly rows: number; readonly values: Float32Array<ArrayBuffer> } {
  const rows = alignUp(matrix.rows, multiple);
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < matrix.rows; row++)
    for (let tap = 0; tap < taps; tap++) {
      const from = row * matrix.columns + tap * channels;
      const to = row * columns + tap * padded;
      for (let at = 0; at < (order ? padded : channels); at++) {
        const c = order ? order[at] : at;
        if (c >= 0 && isLive(matrix, from + c)) values[to + at] = matrix.data[from + c];
      }
    }
  return { rows, values };
}

/** What the kernel is told of a piece: how far it is from a pixel's corner, in pieces, and which tap it belongs to. */
export type Piece = readonly [offset: number, tap: number];

/** In no picture. */
export const noPiece: Piece = [0, 0x7fff];

/** Where taps read: how many are in a row, and how far apart they are; the width of the input. */
export interface Taps {
  readonly across: number;
  readonly dilation: readonly number[];
  readonly width: number;
}

/** The pieces of the columns from `first` on, all of one tap. */
export function pieceAt(first: number, depth: Depth, { across, dilation, width }: Taps, element: Element): Piece {
  const tap = Math.floor(first / depth.padded);
  if (tap >= depth.taps) return noPiece;
  const [down, right] = [Math.floor(tap / across) * dilation[0], (tap % across) * dilation[1]];
  const pitch = pitchOf(depth, element);
  const piece = (first % depth.padded) / perPiece(element);
  return piece < pitch ? [(down * width + right) * pitch + piece, down | (right << 16)] : noPiece;
}

/** Pieces of a pixel. Columns may be padded further, with pieces that are in no picture. */
export const pitchOf = ({ channels, padded, order }: Depth, element: Element): number =>
  Math.ceil((order ? padded : channels) / perPiece(element));
