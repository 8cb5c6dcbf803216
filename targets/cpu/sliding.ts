/**
 * Windows that slide over the channels of an image, each channel by itself. A channel is laid flat, so that every tap
 * reads a fixed number of places away from its output pixel; at strides above 1 it is split into planes of every
 * stride-th row and column first, and then the same holds in each plane.
 */
import type { TensorType } from '../../src/tensor/type.ts';
import { lanes } from './panels.ts';

export interface Window {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pad: readonly number[];
}

export interface Sliding {
  /** For each tap, column by column, from an output pixel to what it reads. */
  readonly offsets: Int32Array<ArrayBuffer>;
  /** For each column of the kernel −1 for every output column that reads inside the picture, going round for `lanes` more. */
  readonly masks: Int32Array<ArrayBuffer>;
  /** For each column of the kernel whether some output column reads outside. */
  readonly masked: Int32Array<ArrayBuffer>;
  /** The first row of a plane, counted from that of the output, and how many rows of it one output row reads. */
  readonly firstRow: number;
  readonly rows: number;
  /** Panels of output that share planes. */
  readonly strip: number;
  /** Numbers of scratch, where in it the flat channel and its planes begin, and the size of a plane. */
  readonly scratch: number;
  readonly flat: number;
  readonly planes: number;
  readonly plane: number;
}

/** Numbers of a channel that lie flat at once: half of the fastest cache. */
const flatNumbers = 4096;

/** Why windows slide too far for the kernels, if they do. */
export function slide({ kernel, stride, dilation, pad }: Window, x: TensorType, y: TensorType): Sliding | string {
  const [, , width] = x.shape;
  const [, outHeight, outWidth] = y.shape;
  const [down, across] = kernel;
  const reads = (axis: number, tap: number): number => tap * dilation[axis] - pad[axis];
  const plane = (axis: number, tap: number) => {
    const shift = Math.floor(reads(axis, tap) / stride[axis]);
    return { shift, phase: reads(axis, tap) - shift * stride[axis] };
  };
  // What lies behind the last output column of a row is the next row's.
  const inside = (tap: number, column: number): boolean => {
    const at = (column % outWidth) * stride[1] + reads(1, tap);
    return at >= 0 && at < width;
  };
  for (let tap = 0; tap < across; tap++) {
    const { shift } = plane(1, tap);
    for (let column = Math.max(outWidth - shift, 0); column < outWidth; column++)
      if (inside(tap, column)) return 'its rows are shorter than those that it reads';
  }

  const firstRow = plane(0, 0).shift;
  const rows = plane(0, down - 1).shift - firstRow + 1;
  const pixels = outHeight * outWidth;
  const panels = Math.ceil(pixels / lanes);
  const rowsOf = (strip: number): number => Math.min(outHeight, Math.ceil((strip * lanes) / outWidth) + 1) + rows - 1;
  const flatOf = (strip: number): number => rowsOf(strip) * stride[0] * width;
  let strip = panels;
  while (strip > 1 && flatOf(strip) > flatNumbers) strip = Math.ceil(strip / 2);
  if (flatOf(strip) * 2 > 2 ** 24) return 'its rows are too long';

  const reach = Math.max(Math.abs(plane(1, 0).shift), Math.abs(plane(1, across - 1).shift));
  const margin = roundUp(lanes + reach);
  // A vector that splits a row may reach past it.
  const size = roundUp(rowsOf(strip) * outWidth + lanes);
  const flat = margin;
  const planes = flat + roundUp(flatOf(strip)) + margin;
  const split = stride[0] !== 1 || stride[1] !== 1 || width !== outWidth;
  const scratch = (split ? planes + stride[0] * stride[1] * size : planes) + margin;

  const offsets: number[] = [];
  for (let i = 0; i < across; i++)
    for (let j = 0; j < down; j++) {
      const [v, h] = [plane(0, j), plane(1, i)];
      offsets.push((v.phase * stride[1] + h.phase) * size + (v.shift - firstRow) * outWidth + h.shift);
    }
  const columns = Array.from({ length: outWidth + lanes }, (_, column) => column);
  const masks = Array.from({ length: across }, (_, tap) => columns.map((column) => (inside(tap, column) ? -1 : 0)));
  return {
    offsets: Int32Array.from(offsets),
    masks: Int32Array.from(masks.flat()),
    masked: Int32Array.from(masks, (mask) => (mask.every((m) => m === -1) ? 0 : 1)),
    firstRow,
    rows,
    strip,
    scratch,
    flat,
    planes,
    plane: size,
  };
}

const roundUp = (numbers: number): number => Math.ceil(numbers / 16) * 16;
