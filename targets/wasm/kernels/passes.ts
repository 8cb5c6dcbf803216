/**
 * Convolutions in passes: each goes over all outputs with some of the channels, so few that what tiles read of them stays in
 * the first cache while all rows of weights go over it. Sums meet in the result, as those of long rows do.
 */
import { liveBits } from '../../../src/formats/livebits.ts';
import type { Arr } from '../../../src/loop/loop.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { isLive } from '../../../src/tensor/matrix.ts';
import type { Numbers } from '../../../src/tensor/numbers.ts';

/** What tiles read in a pass, in bytes. */
const readInPass = 32 * 1024;

/** Records of a row in a pass that are worth another visit to its sums. */
const fewestRecords = 24;

export interface Passes {
  readonly count: number;
  /** Channels of each, of which the last may have fewer. */
  readonly channels: number;
}

/** For rows of weights that read `plane` bytes of each channel. */
export function passesFor(matrix: Matrix, plane: number): Passes {
  const { rows, run } = matrix;
  // What is made of units is stored row by row.
  if (matrix.units) return inOnePass(matrix);
  const most = Math.ceil((run * plane) / readInPass);
  const count = Math.max(1, Math.min(most, Math.floor(liveBits(matrix).live / rows / fewestRecords)));
  const channels = Math.ceil(run / count);
  return { count: Math.ceil(run / channels), channels };
}

export const inOnePass = ({ run }: Matrix): Passes => ({ count: 1, channels: run });

/** The rows of the first pass, then those of the second; columns are those of one pass, and the last pass may lack some. */
export function inPasses(matrix: Matrix, { count, channels }: Passes): Matrix {
  if (count === 1) return matrix;
  const { rows, columns, run } = matrix;
  const width = (columns / run) * channels;
  const data = new Float32Array(count * rows * width);
  const mask = new Uint8Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let tap = 0; tap < columns / run; tap++)
      for (let pass = 0; pass < count; pass++) {
        const [first, end] = [pass * channels, Math.min(run, (pass + 1) * channels)];
        let from = row * columns + tap * run + first;
        let to = (pass * rows + row) * width + tap * channels;
        for (let channel = first; channel < end; channel++, from++, to++)
          if (isLive(matrix, from)) {
            data[to] = matrix.data[from];
            mask[to] = 1;
          }
      }
  return { rows: count * rows, columns: width, run: channels, data, mask };
}

/** Biases join in the last pass. */
export function biasInPasses(bias: Numbers, { count }: Passes): Float32Array<ArrayBuffer> {
  const all = new Float32Array(count * bias.length);
  all.set(bias, (count - 1) * bias.length);
  return all;
}

/** Where the records of passes read, `rows` of them in each. */
export const planesOf = ({ count, channels }: Passes, rows: number, plane: number) => ({
  rowsPerPlane: rows,
  planes: count,
  plane: channels * plane,
  first: rows,
});

/** What of a stream stays in the second cache while all pixels go over it, in bytes. */
const streamAtATime = 128 * 1024;

/** Rows of a pass that go over all pixels together, a multiple of four: their part of the stream is about that. */
export function blockOf({ length }: Arr, rows: number, { count }: Passes): number {
  const perFour = (16 * length) / rows / count;
  return Math.min(rows, 4 * Math.max(1, Math.floor(streamAtATime / perFour)));
}
