/**
 * What the taps of a convolution read. Where every output pixel stands over the input pixel of its own number (stride 1,
 * rows of equal length), a tap reads x a fixed number of pixels away. Elsewhere x is copied first, into pictures with one
 * pixel for each of the result: one picture for each row of taps that no other reaches by whole output rows, and for each
 * column of taps. In those, taps differ by whole rows.
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
  const s = stride[0];
  const phase = (down: number): number => down - s * Math.floor(down / s);
  // Of each phase, the first row that is read and how many more are.
  const phases = [...new Set(downs.map(phase))].map((p) => {
    const own = downs.filter((down) => phase(down) === p);
    return { p, first: own[0], more: (own[own.length - 1] - own[0]) / s };
  });
  const rows = outHeight + Math.max(...phases.map(({ more }) => more));
  const size = panelsOf([1, rows, outWidth, channels], lanes) * lanes * channels;
  const starts = phases.flatMap(({ first }) => acrosses.flatMap((across) => [first, across]));
  const taps = downs.flatMap((down) => {
    const at = phases.findIndex(({ p }) => p === phase(down));
    return acrosses.flatMap((_, i) => [(at * acrosses.length + i) * size, (down - phases[at].first) / s, 0]);
  });
  return {
    taps: Int32Array.from(taps),
    height: rows,
    image: (starts.length / 2) * size,
    starts: Int32Array.from(starts),
  };
}

/** Numbers of scratch that copying takes: a channel and a picture of it, and what vectors reach past them. */
export const pictureScratch = ({ from, to }: Reading, { height }: Taps): number =>
  Math.ceil((from[1] * from[2] + 4 * lanes) / lanes) * lanes + Math.ceil((height * to[2] + 2 * lanes) / lanes) * lanes;

/** Which columns of the matrix a block lays out, for `conv_taps`: for each tap of it how many channels, and which. */
export function runsOf(read: ArrayLike<number>, inputs: number, block: number) {
  const runs: number[] = [];
  const channels = Uint16Array.from(read, (column) => column % inputs);
  let blocks = 0;
  for (let first = 0; first === 0 || first < read.length; first += block) {
    const counts = new Map<number, number>();
    for (let i = first; i < Math.min(first + block, read.length); i++) {
      const tap = Math.floor(read[i] / inputs);
      counts.set(tap, (counts.get(tap) ?? 0) + 1);
    }
    runs.push(counts.size, ...Array.from(counts).flat());
    blocks++;
  }
  return { runs: Int32Array.from(runs), channels, blocks };
}
