/**
 * What the taps of a convolution read. Where every output pixel stands over the input pixel of its own number (stride 1,
 * rows of equal length), a tap reads x a fixed number of pixels away. Elsewhere x is copied first, into pictures with
 * every stride-th row and column, one pixel for each of the result: taps that are whole strides apart share one.
 */
import type { Shape } from '../../src/tensor/type.ts';
import { panelsOf } from '../../src/tensor/type.ts';
import { lanes } from './panels.ts';

/** How a convolution reads: [n, h, w, c] of x and y, and for each axis the kernel, stride, dilation and leading zeros. */
export interface Reading {
  readonly from: Shape;
  readonly to: Shape;
  readonly plain: boolean;
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pad: readonly number[];
}

export interface Taps {
  /** Of each tap: where its picture begins, and how many rows and columns on it reads. */
  readonly taps: Int32Array<ArrayBuffer>;
  /** Rows of a picture; they are as long as those of the result. */
  readonly height: number;
  /** Numbers of all pictures of one image. */
  readonly image: number;
  /** Of each picture the row and the column of x that it begins with; undefined where x itself is read. */
  readonly starts: Int32Array<ArrayBuffer> | undefined;
}

/** For each axis how far from its own pixel a tap reads at most. */
export const farthest = ({ kernel, dilation, pad }: Pick<Reading, 'kernel' | 'dilation' | 'pad'>): readonly number[] =>
  kernel.map((taps, axis) => Math.max(Math.abs(pad[axis]), Math.abs((taps - 1) * dilation[axis] - pad[axis])));

export function tapsOf({ from, to, plain, kernel, stride, dilation, pad }: Reading): Taps {
  const [, height, width, channels] = from;
  const [, outHeight, outWidth] = to;
  const reads = (axis: number): readonly number[] =>
    Array.from({ length: kernel[axis] }, (_, tap) => tap * dilation[axis] - pad[axis]);
  const [downs, acrosses] = [reads(0), reads(1)];
  if (!plain && stride.every((s) => s === 1) && width === outWidth) {
    const taps = downs.flatMap((down) => acrosses.flatMap((across) => [0, down, across]));
    const image = panelsOf([1, height, width, channels], lanes) * lanes * channels;
    return { taps: Int32Array.from(taps), height, image, starts: undefined };
  }
  const rows = sharedRows(downs, stride[0], outHeight);
  const columns = sharedColumns(acrosses, stride[1], outWidth, width);
  const picture = panelsOf([1, rows.length, outWidth, channels], lanes) * lanes * channels;
  const starts = rows.starts.flatMap((row) => columns.starts.flatMap((column) => [row, column]));
  const taps = rows.of.flatMap(({ at: y, shift: down }) =>
    columns.of.flatMap(({ at: x, shift: across }) => [(y * columns.starts.length + x) * picture, down, across]),
  );
  const image = (starts.length / 2) * picture;
  return { taps: Int32Array.from(taps), height: rows.length, image, starts: Int32Array.from(starts) };
}

/** Rows that pictures begin with; of each tap the picture and how far on it reads. Pictures have all rows, those of zeros too. */
function sharedRows(reads: readonly number[], stride: number, count: number) {
  const phase = (read: number): number => read - stride * Math.floor(read / stride);
  const phases = [...new Set(reads.map(phase))];
  const starts = phases.map((p) => Math.min(...reads.filter((read) => phase(read) === p)));
  const of = reads.map((read) => {
    const at = phases.indexOf(phase(read));
    return { at, shift: (read - starts[at]) / stride };
  });
  return { starts, of, length: count + Math.max(...of.map(({ shift }) => shift)) };
}

/** As for rows, but pictures end where rows of the result do: taps share one if all that they read beyond is outside x. */
function sharedColumns(reads: readonly number[], stride: number, count: number, width: number) {
  const starts: number[] = [];
  const serves = (start: number, read: number): boolean => {
    const shift = (read - start) / stride;
    if (!Number.isInteger(shift)) return false;
    const [first, last] = [read, read + (count - 1) * stride];
    const before = shift >= 0 || first + (Math.min(-shift, count) - 1) * stride < 0;
    const behind = shift <= 0 || last - (Math.min(shift, count) - 1) * stride >= width;
    return before && behind;
  };
  const of = reads.toReversed().map((read) => {
    const found = starts.findIndex((start) => serves(start, read));
    const at = found < 0 ? starts.push(read) - 1 : found;
    return { at, shift: (read - starts[at]) / stride };
  });
  return { starts, of: of.reverse() };
}

/** Numbers that the lanes of a panel read of one row, and that vectors reach past it. */
export const pictureRow = ({ to, stride }: Reading): number =>
  (Math.min(lanes, to[2]) + 2 * lanes) * stride[1] + 3 * lanes;

/** Channels whose rows are laid flat together: TOGETHER in C. */
export const together = 8;

/** Numbers of scratch for each tap: struct shift in C. */
export const numbersOfShift = 8 + 2 * lanes;

/**
 * Columns in the order in which they are laid out: `count` channels of every tap, then the next. What they read is then
 * near the core for all taps after the first.
 */
export function channelsTogether(columns: ArrayLike<number>, inputs: number, count: number): Int32Array<ArrayBuffer> {
  const group = (column: number): number => Math.floor((column % inputs) / count);
  return Int32Array.from(columns).sort((a, b) => group(a) - group(b) || a - b);
}

/** Which columns of the matrix a block lays out, for `conv_taps`: for each tap of it how many channels, and which. */
export function runsOf(read: ArrayLike<number>, inputs: number, block: number) {
  const runs: number[] = [];
  const channels = Uint16Array.from(read, (column) => column % inputs);
  let blocks = 0;
  for (let first = 0; first === 0 || first < read.length; first += block) {
    const found: { readonly tap: number; count: number }[] = [];
    for (let i = first; i < Math.min(first + block, read.length); i++) {
      const tap = Math.floor(read[i] / inputs);
      const last = found.at(-1);
      // A run has its channels in order.
      if (last?.tap === tap && channels[i] > channels[i - 1]) last.count++;
      else found.push({ tap, count: 1 });
    }
    runs.push(found.length, ...found.flatMap(({ tap, count }) => [tap, count]));
    blocks++;
  }
  return { runs: Int32Array.from(runs), channels, blocks };
}
