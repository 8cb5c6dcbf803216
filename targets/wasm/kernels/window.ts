/** How a convolution goes over its output, and where scratch holds the input that it needs at a time. */
import type { Conv2d } from '../../../src/ops/conv2d.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import { lanes } from '../panels.ts';
import type { Width } from './rows.ts';
import type { TileShape } from './tile.ts';
import { mostTogether, timeOf } from './tile.ts';

export interface Window {
  /** Input channels at a time. */
  readonly count: number;
  /** Output rows at a time. */
  readonly strip: number;
  /** Input rows that one output row reads, those between its taps included. */
  readonly reach: number;
  /** Bytes of a scratch row, and of one remainder of its columns by the stride. */
  readonly pitch: number;
  readonly phase: number;
  /** Bytes of a channel in scratch. */
  readonly plane: number;
  /** Whether tiles write to panels, or to a buffer from which pixels are copied to panels. */
  readonly direct: boolean;
  /** Pixels of a row that a tile computes. */
  readonly piece: number;
  readonly tile: TileShape;
}

/** What a convolution says of its window. */
export type Sliding = Pick<Conv2d, 'stride' | 'dilation' | 'pad' | 'groups'>;

/** Vector loops over so many channels of depthwise convolutions keep their part of scratch in the first cache. */
const channelsAtATime = 4;

/** Scratch that stays in the second cache with the panels around it. */
const scratchBudget = 96 * 1024;

export function windowOf(op: Sliding, x: Shape, weights: Shape, result: Shape, width: Width = 1): Window {
  const [, , w, channels] = x;
  const [, kh, , perGroup] = weights;
  const [, oh, ow] = result;
  const [down, across] = op.stride;
  const inGroups = op.groups > 1;
  const count = !inGroups ? channels : perGroup === 1 ? Math.min(channels, channelsAtATime) : perGroup;
  const { tile, piece, direct } = tiling(oh, ow, width);

  const reach = (kh - 1) * op.dilation[0] + 1;
  const phase = align(4 * Math.ceil((op.pad[1] + w + op.pad[3]) / across));
  const pitch = across * phase;
  const rowsFor = (strip: number): number => (strip - 1) * down + reach;
  const planeFor = (strip: number): number => apart(align(rowsFor(strip) * pitch));
  const most = Math.ceil(oh / tile.pixelRows) * tile.pixelRows;
  const budget = inGroups && perGroup === 1 ? depthwiseBudget : scratchBudget;
  let strip = direct ? most : oh;
  while (strip > tile.pixelRows && planeFor(strip) * count > budget)
    strip = Math.max(tile.pixelRows, tile.pixelRows * Math.floor(strip / 2 / tile.pixelRows));
  return { count, strip, reach, pitch, phase, plane: planeFor(strip), direct, piece, tile };
}

/** Where the taps of a window lie from an output pixel's place in scratch, in bytes: row by row. */
export function tapsOf(
  { stride, dilation }: Sliding,
  { pitch, phase }: Window,
  kh: number,
  kw: number,
): readonly number[] {
  const across = (x: number): number => (x % stride[1]) * phase + 4 * Math.floor(x / stride[1]);
  return Array.from(
    { length: kh * kw },
    (_, tap) => Math.floor(tap / kw) * dilation[0] * pitch + across((tap % kw) * dilation[1]),
  );
}

const depthwiseBudget = 24 * 1024;

const align = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Planes a multiple of a page apart would share the same few lines of the first cache. */
const apart = (bytes: number): number => (bytes % 1024 === 0 ? bytes + 64 : bytes);

/** Bytes that scratch takes: planes, room to read past the last, and the buffer of a tile. */
export function scratchBytes({ count, plane, direct, tile }: Window, rows: number): number {
  return count * plane + 64 + (direct ? 0 : rows * betweenRows(tile));
}

/** Bytes between the output rows of a tile in its buffer. */
export const betweenRows = ({ pixelRows, vectors }: TileShape): number => 16 * pixelRows * vectors;

/** What a tile of one vector a row loses to cache lines that it uses a quarter of. */
const narrow = 0.4;

function tiling(oh: number, ow: number, width: Width): Pick<Window, 'tile' | 'piece' | 'direct'> {
  if (ow % lanes === 0) {
    // By twos, the last vectors of two rows are computed together.
    const pixelRows = width === 4 && oh % 2 === 0 ? 2 : 1;
    return { tile: { pixelRows, vectors: lanes / 4, tail: 4 }, piece: lanes, direct: true };
  }
  if (lanes % ow === 0) {
    const vectors = Math.ceil(ow / 4);
    const rows = lanes / ow;
    const together = divisors(rows).findLast((r) => r * vectors <= mostTogether[width]) ?? 1;
    // All rows of few, of which tiles take as many together.
    const pixelRows = vectors > 1 && oh % together > 0 && oh <= 8 ? oh : together;
    return { tile: { pixelRows, vectors, tail: ow - 4 * (vectors - 1) }, piece: ow, direct: true };
  }
  const options = Array.from({ length: lanes / 4 }, (_, i) => {
    const vectors = i + 1;
    const pixelRows = Math.max(1, Math.min(oh, Math.floor(8 / vectors)));
    const pieces = Math.ceil(ow / (4 * vectors));
    const sums = (pieces * timeOf({ pixelRows, vectors, tail: 4 }, width)) / pixelRows;
    return { vectors, pixelRows, time: sums * (1 + narrow / vectors) };
  }).filter(({ vectors }) => 4 * vectors <= ow || vectors === Math.ceil(ow / 4));
  const { vectors, pixelRows } = options.reduce((best, next) => (next.time < best.time ? next : best));
  return { tile: { pixelRows, vectors, tail: 4 }, piece: Math.min(ow, 4 * vectors), direct: false };
}

const divisors = (n: number): readonly number[] =>
  Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);
