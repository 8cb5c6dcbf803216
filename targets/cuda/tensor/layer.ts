/** A layer as products of pixels: what is read for each, and where results go. Or why tensor cores do not take it. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { elements as count, pictureOf } from '../../../src/tensor/type.ts';
import { isPlanes } from '../../gpu/planes.ts';
import { narrowWide, narrowWideTurned } from '../warpgroup/narrowing.ts';
import type { Taps } from './depth.ts';
import type { Element } from './elements.ts';
import { narrow, narrowTurned } from './narrowing.ts';
import { phasedLayers } from './phased.ts';
import type { Gather } from './planes.ts';
import { picturePlanes, vectorPlanes } from './planes.ts';
import type { Goes, Reach } from './product.ts';
import { faultOf, fewest, sizesOf } from './size.ts';
import type { Along } from './tiles.ts';
import { ungrouped } from './ungrouped.ts';

export interface TensorLayer {
  readonly matrix: Matrix;
  readonly taps: Taps;
  readonly reach: Reach;
  readonly goes: Goes;
  readonly along: Along;
  /** Pixels of x as pieces, channels padded, and in an order where one is given: what makes them of `x`. */
  pieces(to: Arr, padded: number, order?: Arr): RoutineCall;
  readonly xPixels: number;
  /** What columns can be gathered from. */
  readonly gather?: Gather;
  /** Pixels of x as warpgroups read them, in blocks of so many, where one of the result reads the one in its place. */
  wide?(to: Arr, padded: number, pixels: number): RoutineCall;
}

/** What 16 bits of a tap tell. */
export const mostSide = 0x7ffe;

/** What indices of kernels count. */
const mostCounted = 2 ** 31 - 1;

/** One, or of a transposed convolution one for each phase of its pixels. `least`: what is worth its launch. */
export function tensorLayers(site: KernelSite, element: Element, least = fewest): readonly TensorLayer[] | string {
  const { call, types, weights } = site;
  const { op } = call;
  const sizes = sizesOf(call, types, element, least);
  if (typeof sizes === 'string') return sizes;
  if (!weights) return 'takes weights that are known';
  const fault = faultOf(weights.matrix, element);
  if (fault !== undefined) return fault;
  const matrix = ungrouped(weights.matrix, sizes[0].groups);
  if (typeof matrix === 'string') return matrix;
  const layers = op.kind === 'conv-transpose2d' ? phasedLayers(site, matrix, element) : layerOf(site, matrix, element);
  if (typeof layers === 'string') return layers;
  const pixels = layers.reduce((sum, { goes }) => sum + goes.pixels, 0);
  const most = Math.max(layers[0].xPixels * (matrix.run + 32), pixels * (matrix.rows + 256), count(types.x.shape));
  return most > mostCounted ? `takes at most ${mostCounted} numbers` : layers;
}

function layerOf(site: KernelSite, matrix: Matrix, element: Element): readonly TensorLayer[] | string {
  const layer = site.call.op.kind === 'linear' ? vectors(site, matrix, element) : pictures(site, matrix, element);
  return typeof layer === 'string' ? layer : [layer];
}

function vectors({ types, arrays }: KernelSite, matrix: Matrix, element: Element): TensorLayer {
  const length = matrix.columns;
  const lines = count(types.x.shape) / length;
  const from = arrays.x;
  const goes: Goes = {
    ...{ rows: matrix.rows, pixels: lines, imagePixels: 1, rowPixels: 1, rowKept: 1 },
    ...{ first: 0, toImage: matrix.rows, toDown: 0, toPixel: 0, toRow: 1, part: 0 },
  };
  return {
    ...{ matrix, along: 'rows', xPixels: lines, goes },
    taps: { across: 1, dilation: [1, 1], width: 1 },
    reach: { width: 1, height: 1, stride: [1, 1], above: 0, left: 0 },
    gather: vectorPlanes(from, lines, length, goes, element),
    pieces: (to, padded, order) => narrow({ from, to, pictures: 1, lines, length, padded, order }, element),
    wide: (to, padded, block) => narrowWide({ from, to, pictures: 1, lines, length, padded }, block, element),
  };
}

function pictures(site: KernelSite, matrix: Matrix, element: Element): TensorLayer | string {
  const { call, types, result } = site;
  const { op } = call;
  if (op.kind !== 'conv2d') return 'takes convolutions';
  const [images, height, width] = types.x.shape;
  const [, down, across] = types.weights.shape;
  const fault = planesFault({ types, result });
  if (fault !== undefined) return fault;
  const { pixels } = pictureOf(result.type.shape);
  const resultWidth = result.type.shape[2];
  const [top, left, bottom, right] = op.pad;
  const sides = [
    height + top + bottom,
    width + left + right,
    (down - 1) * op.dilation[0],
    (across - 1) * op.dilation[1],
  ];
  if (sides.some((side) => side > mostSide)) return `takes pictures of at most ${mostSide} by ${mostSide}`;
  const { rows } = matrix;
  const padding = top + left + bottom + right;
  const inPlace = down * across === 1 && padding === 0 && op.stride.every((s) => s === 1);
  const goes: Goes = {
    ...{ rows, pixels: images * pixels, imagePixels: pixels, rowPixels: resultWidth, rowKept: resultWidth },
    ...{ first: 0, toImage: rows * pixels, toDown: resultWidth, toPixel: 1, toRow: pixels, part: 0 },
  };
  const gather = picturePlanes(site, op, goes, element);
  return {
    ...{ matrix, goes, along: pixels === 1 ? 'rows' : 'pixels', ...picturePieces(site, element, inPlace) },
    taps: { across, dilation: op.dilation, width },
    reach: { width, height, stride: op.stride, above: top, left },
    ...(gather && { gather }),
  };
}

/** Why pictures do not lie as they are read and written. */
export function planesFault({ types, result }: Pick<KernelSite, 'types' | 'result'>): string | undefined {
  const lies = (t: TensorType): boolean => isPlanes(t) || pictureOf(t.shape).pixels === 1;
  if (!lies(types.x) || !lies(result.type)) return 'takes pictures in planes';
  if (types.residual && !lies(types.residual)) return 'takes a residual in planes';
  return types.x.shape[0] > mostPictures ? `takes at most ${mostPictures} pictures` : undefined;
}

/** Along the third dimension of a grid. */
const mostPictures = 65535;

/** What makes pieces of pictures. */
export function picturePieces(
  { types, arrays }: Pick<KernelSite, 'types' | 'arrays'>,
  element: Element,
  inPlace = false,
): Pick<TensorLayer, 'xPixels' | 'pieces' | 'wide'> {
  const [images, height, width, channels] = types.x.shape;
  const size = height * width;
  const from = arrays.x;
  return {
    xPixels: images * size,
    pieces: (to, padded, order) =>
      size === 1
        ? narrow({ from, to, pictures: 1, lines: images, length: channels, padded, order }, element)
        : narrowTurned({ from, to, pictures: images, lines: channels, length: size, padded, order }, element),
    ...(inPlace && {
      wide: (to: Arr, padded: number, block: number) =>
        size === 1
          ? narrowWide({ from, to, pictures: 1, lines: images, length: channels, padded }, block, element)
          : narrowWideTurned({ from, to, pictures: images, lines: channels, length: size, padded }, block, element),
    }),
  };
}
