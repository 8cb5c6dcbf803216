/** Which planes columns of weights are gathered from, by shapes alone: see `planes.ts`. */
import type { Conv2d } from '../../../src/ops/conv2d.ts';
import type { Types } from '../../../src/ops/rules.ts';
import { alignUp } from '../../../src/plan/arena.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import type { Element } from './elements.ts';
import { perPiece } from './elements.ts';

export interface PlaneShape {
  readonly images: number;
  readonly channels: number;
  /** Of a picture. */
  readonly height: number;
  readonly width: number;
  /** Rows of pixels that are computed, how many are kept of each, and how long they are in planes: whole pieces. */
  readonly down: number;
  readonly across: number;
  readonly pitch: number;
  /** Rows of a plane, and numbers of one for all images. */
  readonly rows: number;
  readonly plane: number;
  /** Numbers of all planes. */
  readonly numbers: number;
}

/** Undefined where whole numbers of 32 bits do not count what there is. */
export function planeShape(op: Conv2d, { x, weights }: Types, result: Shape, element: Element): PlaneShape | undefined {
  const [images, h, w, channels] = x.shape;
  const [, kh, kw] = weights.shape;
  const [, oh, ow] = result;
  // Pixels that read the one in their place are one row.
  const isOne = kh * kw === 1 && op.pad.every((p) => p === 0) && op.stride.every((s) => s === 1);
  const [height, width, down, across] = isOne ? [1, h * w, 1, oh * ow] : [h, w, oh, ow];
  const pitch = alignUp(across, perPiece(element));
  const rows = down + Math.floor(((kh - 1) * op.dilation[0]) / op.stride[0]);
  const plane = images * rows * pitch;
  // Taps that are whole strides apart, down, share a plane.
  const numbers = kw * Math.min(kh, op.stride[0]) * channels * plane;
  if (numbers > 2 ** 31 - 1) return undefined;
  return { images, channels, height, width, down, across, pitch, rows, plane, numbers };
}

/** Pictures of one pixel are vectors. */
export const areVectors = ({ x }: Types, result: Shape): boolean =>
  x.shape[1] * x.shape[2] * result[1] * result[2] === 1;
