/**
 * Where direct convolutions read (Escort, arXiv:1802.10280): every column of weights is a plane and a shift in it, and place p of a result,
 * y · pitch + x, reads p + shift, whatever the padding and the dilation. Places past the end of a row are computed with the others, and
 * kept by nobody. Of strides, planes have the pixels that are a stride apart, which makes them convolutions of stride 1.
 */
import { alignUp } from '../../../src/plan/arena.ts';

/** A convolution, down and across. */
export interface Filtered {
  readonly images: number;
  /** Of a group. */
  readonly channels: number;
  readonly size: Pair;
  readonly taps: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Above, left, below, right. */
  readonly pad: readonly number[];
  readonly result: Pair;
}

type Pair = readonly [down: number, across: number];

export interface Planes {
  /** Whether x is read as it lies; else a copy. */
  readonly isOwn: boolean;
  /** Of a channel, down and across. */
  readonly phases: Pair;
  /** Of a group of channels. */
  readonly count: number;
  /** Elements from one row to the next, and of a plane: a multiple of four, as copies of 16 bytes want it. */
  readonly pitch: number;
  readonly size: number;
  /** Of the result, y and x below these are kept. */
  readonly height: number;
  readonly width: number;
  /** One more than the last place that is kept. */
  readonly places: number;
  /** The largest shift. */
  readonly reach: number;
}

export function planesOf({
  channels,
  size: [h, w],
  taps,
  stride,
  dilation,
  pad,
  result: [height, width],
}: Filtered): Planes {
  const [above, left, below, right] = pad;
  const steps = stride.every((s) => s === 1);
  const isOwn = steps && pad.every((p) => p === 0) && (h * w) % 4 === 0;
  // A row's end is the border before the next; rows of the result are longer than that where borders are wider than the kernel.
  const pitch =
    stride[1] === 1 ? Math.max(w + Math.max(left, right), width) : Math.ceil((w + left + right) / stride[1]);
  const rows = Math.ceil((h + above + below) / stride[0]);
  const phases: Pair = [taps[0] === 1 ? 1 : stride[0], taps[1] === 1 ? 1 : stride[1]];
  const shift = (axis: number): number => Math.floor(((taps[axis] - 1) * dilation[axis]) / stride[axis]);
  return {
    ...{ isOwn, phases, count: channels * phases[0] * phases[1], pitch },
    size: alignUp(rows * pitch + right, 4),
    ...{ height, width, places: (height - 1) * pitch + width },
    reach: shift(0) * pitch + shift(1),
  };
}

/** Vectors side by side: each of their numbers is a plane of one row. */
export function planesOfVectors(vectors: number, size: number): Planes {
  const plane = alignUp(vectors, 4);
  return {
    ...{ isOwn: false, phases: [1, 1], count: size, pitch: plane, size: plane },
    ...{ height: 1, width: vectors, places: vectors, reach: 0 },
  };
}

/** Which plane of a group a column of weights reads, and how far from a place. */
export function locator(
  { pitch, phases: [down, across] }: Planes,
  run: number,
  { taps, stride, dilation }: Pick<Filtered, 'taps' | 'stride' | 'dilation'>,
): (column: number) => { readonly plane: number; readonly shift: number } {
  return (column) => {
    const tap = Math.floor(column / run);
    const y = Math.floor(tap / taps[1]) * dilation[0];
    const x = (tap % taps[1]) * dilation[1];
    const phase = (y % stride[0]) * across + (x % stride[1]);
    return {
      plane: (column % run) * down * across + phase,
      shift: Math.floor(y / stride[0]) * pitch + Math.floor(x / stride[1]),
    };
  };
}
