/**
 * Layers as sums over columns, whatever they filter: pixels and channels of pictures in planes, or numbers of vectors. Column
 * (tap, channel) of pixel (y, x) is read at y · down + x · across + offset of the tap + channel · channels. Where there is padding, from a
 * copy with its border around it, so that nothing is tested while sums are made.
 */
import type { Arr } from '../../src/loop/loop.ts';
import type { Argument, KernelSite } from '../../src/plan/kernel.ts';
import { elements, pictureOf } from '../../src/tensor/type.ts';
import { isPlanes } from './planes.ts';

export interface Window {
  readonly x: Arr;
  /** What x is made of, where it is a copy with a border. */
  readonly bordered: Bordered | undefined;
  readonly images: number;
  /** Of the result, and how many are in a row. */
  readonly pixels: number;
  readonly width: number;
  /** Elements from one image, row, pixel and channel to the next. */
  readonly image: number;
  readonly down: number;
  readonly across: number;
  readonly channel: number;
  /** Taps and how many are in a row, and elements from one row of taps, and from one tap, to the next. */
  readonly taps: number;
  readonly tapsAcross: number;
  readonly tapDown: number;
  readonly tapAcross: number;
  /** Of the result: elements from one image, pixel and row of weights to the next. */
  readonly toImage: number;
  readonly toPixel: number;
  readonly toRow: number;
}

/** Planes with rows and columns of zeros around them: elements in all, sizes of a plane, of what lies in it, and what is above and left of that. */
export interface Bordered {
  readonly from: Arr;
  readonly copy: Arr;
  readonly count: number;
  readonly padded: readonly [height: number, width: number];
  readonly size: readonly [height: number, width: number];
  readonly before: readonly [above: number, left: number];
}

/** Or why there is none. */
export function windowOf(site: KernelSite): Window | string {
  const { call, types, arrays, result } = site;
  const { op } = call;
  const o = result.type.shape[result.type.shape.length - 1];
  if (op.kind === 'linear')
    return vectors(arrays.x, elements(types.x.shape), types.x.shape[types.x.shape.length - 1], o);
  if (op.kind !== 'conv2d') return `takes "conv2d" and "linear" and is given "${op.kind}"`;
  const { x, weights } = types;
  const [n, h, w, c] = x.shape;
  const [, kh, kw] = weights.shape;
  const { pixels } = pictureOf(result.type.shape);
  const [top, left, bottom, right] = op.pad;
  const onePixel = h * w === 1 && pixels === 1 && kh * kw === 1 && top + left + bottom + right === 0;
  if (onePixel) return vectors(arrays.x, n * c, c, o);
  const lie = (pixel: number, isPlane: boolean): boolean => pixel === 1 || isPlane;
  if (!lie(h * w, isPlanes(x)) || !lie(pixels, isPlanes(result.type))) return 'takes pictures in planes';
  if (types.residual && !lie(pixels, isPlanes(types.residual))) return 'takes a residual in planes';
  const padded = op.pad.some((p) => p > 0);
  const [ph, pw] = [h + top + bottom, w + left + right];
  const copy = padded ? site.scratch('bordered', 'f32', n * c * ph * pw) : arrays.x;
  const bordered: Bordered = {
    from: arrays.x,
    copy,
    count: n * c * ph * pw,
    padded: [ph, pw],
    size: [h, w],
    before: [top, left],
  };
  return {
    x: copy,
    bordered: padded ? bordered : undefined,
    images: n,
    pixels,
    width: result.type.shape[2],
    image: c * ph * pw,
    down: op.stride[0] * pw,
    across: op.stride[1],
    channel: ph * pw,
    taps: kh * kw,
    tapsAcross: kw,
    tapDown: op.dilation[0] * pw,
    tapAcross: op.dilation[1],
    toImage: pixels * o,
    toPixel: 1,
    toRow: pixels,
  };
}

const vectors = (x: Arr, all: number, size: number, rows: number): Window => ({
  ...{ x, bordered: undefined, images: 1, pixels: all / size, width: all / size },
  ...{ image: 0, down: 0, across: size, channel: 1 },
  ...{ taps: 1, tapsAcross: 1, tapDown: 0, tapAcross: 0 },
  ...{ toImage: 0, toPixel: rows, toRow: 1 },
});

/** The names that shaders give to what they are told of a window, in the order of `windowArgs`. */
export const windowNames = [
  ...['x', 'pixels', 'width', 'image', 'down', 'across', 'channel'],
  ...['taps', 'taps_across', 'tap_down', 'tap_across', 'to_image', 'to_pixel', 'to_row'],
] as const;

export const windowArgs = (w: Window): readonly Argument[] => [
  ...[w.x, w.pixels, w.width, w.image, w.down, w.across, w.channel],
  ...[w.taps, w.tapsAcross, w.tapDown, w.tapAcross, w.toImage, w.toPixel, w.toRow],
];
