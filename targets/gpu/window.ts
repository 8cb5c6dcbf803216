/**
 * Layers as sums over columns, whatever they filter: pixels and channels of pictures in planes, or numbers of vectors. Column
 * (tap, channel) of pixel (y, x) is read at y · down + x · across + offset of the tap + channel · channels. Where there is padding, from a
 * copy with its border around it, so that nothing is tested while sums are made. Rows of a group read its channels alone. A transposed
 * convolution has a window for each phase of its pixels.
 */
import type { Arr } from '../../src/loop/loop.ts';
import type { ConvTranspose2d } from '../../src/ops/conv-transpose2d.ts';
import type { Conv2d } from '../../src/ops/conv2d.ts';
import type { Argument, KernelSite } from '../../src/plan/kernel.ts';
import { elements, pictureOf } from '../../src/tensor/type.ts';
import type { Phase } from './phases.ts';
import { mostPhases, phaseCount, phasesIn } from './phases.ts';
import { isPlanes } from './planes.ts';

export interface Window {
  readonly x: Arr;
  /** What x is made of, where it is a copy with a border. */
  readonly bordered: Bordered | undefined;
  /** Where the first tap reads for the first pixel, in elements from the beginning of x. */
  readonly from: number;
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
  /** Of the result: where the first pixel is, and elements from one image, row of pixels, pixel and row of weights to the next. */
  readonly to: number;
  readonly toImage: number;
  readonly toDown: number;
  readonly toPixel: number;
  readonly toRow: number;
  /** Rows of weights of a group, and elements of x from one group to the next. */
  readonly rowsEach: number;
  readonly group: number;
}

/** A window, and the taps that it has where it does not have all of them. */
export interface PartWindow {
  readonly window: Window;
  readonly taps?: readonly number[];
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

/** What computes a layer, one part of the result after the other, all from the same x; or why there is nothing. */
export function windowsOf(site: KernelSite): readonly PartWindow[] | string {
  const { call, types, arrays, result } = site;
  const { op } = call;
  const o = result.type.shape[result.type.shape.length - 1];
  if (op.kind === 'linear') {
    const size = types.x.shape[types.x.shape.length - 1];
    return [{ window: vectors(arrays.x, elements(types.x.shape), size, o, 1) }];
  }
  if (op.kind !== 'conv2d' && op.kind !== 'conv-transpose2d') return 'takes convolutions and dense layers';
  const { x, weights } = types;
  const [n, h, w, c] = x.shape;
  const [, kh, kw] = weights.shape;
  const { pixels } = pictureOf(result.type.shape);
  const onePixel = h * w === 1 && pixels === 1 && kh * kw === 1 && op.pad.every((p) => p === 0);
  if (onePixel && op.kind === 'conv2d') return [{ window: vectors(arrays.x, n * c, c, o, op.groups) }];
  const lie = (pixel: number, isPlane: boolean): boolean => pixel === 1 || isPlane;
  if (!lie(h * w, isPlanes(x)) || !lie(pixels, isPlanes(result.type))) return 'takes pictures in planes';
  if (types.residual && !lie(pixels, isPlanes(types.residual))) return 'takes a residual in planes';
  return op.kind === 'conv2d' ? [{ window: convolved(site, op) }] : transposed(site, op);
}

/** The same of layers that are computed whole. */
export function windowOf(site: KernelSite): Window | string {
  const { op } = site.call;
  if (op.kind !== 'conv2d' && op.kind !== 'linear') return `takes "conv2d" and "linear" and is given "${op.kind}"`;
  const windows = windowsOf(site);
  return typeof windows === 'string' ? windows : windows[0].window;
}

function convolved(site: KernelSite, { stride, dilation, pad, groups }: Conv2d): Window {
  const { types, result } = site;
  const [, kh, kw, ig] = types.weights.shape;
  const [n, oh, ow, o] = result.type.shape;
  const { x, bordered, plane, width } = borderedIn(site, pad);
  return {
    ...{ x, bordered, from: 0, images: n, pixels: oh * ow, width: ow },
    ...{ image: types.x.shape[3] * plane, down: stride[0] * width, across: stride[1], channel: plane },
    ...{ taps: kh * kw, tapsAcross: kw, tapDown: dilation[0] * width, tapAcross: dilation[1] },
    ...{ to: 0, toImage: oh * ow * o, toDown: ow, toPixel: 1, toRow: oh * ow },
    ...{ rowsEach: o / groups, group: groups > 1 ? ig * plane : 0 },
  };
}

/** Elements of a copy with a border. */
const mostCopied = 2 ** 26;

function transposed(site: KernelSite, op: ConvTranspose2d): readonly PartWindow[] | string {
  const { types, result } = site;
  const [n, h, w, c] = types.x.shape;
  const [, , kw] = types.weights.shape;
  const [, oh, ow, o] = result.type.shape;
  const count = phaseCount(op);
  if (count > mostPhases) return `takes pixels of ${mostPhases} phases, and these have ${count}`;
  const { rows, columns, border } = phasesIn(op, types.x.shape, types.weights.shape);
  const copied = n * c * (h + border[0] + border[2]) * (w + border[1] + border[3]);
  if (copied > mostCopied) return `takes a copy with its border of ${mostCopied} numbers, and this has ${copied}`;
  const { x, bordered, plane, width } = borderedIn(site, border);
  const windowAt = (row: Phase, column: Phase): Window => ({
    ...{ x, bordered, from: (row.from + border[0]) * width + column.from + border[1], images: n },
    ...{ pixels: row.count * column.count, width: column.count },
    ...{ image: c * plane, down: width, across: 1, channel: plane },
    ...{ taps: row.taps.length * column.taps.length, tapsAcross: Math.max(1, column.taps.length) },
    ...{ tapDown: row.step * width, tapAcross: column.step },
    ...{ to: row.first * ow + column.first, toImage: oh * ow * o, toRow: oh * ow },
    ...{ toDown: op.stride[0] * ow, toPixel: op.stride[1], rowsEach: o, group: 0 },
  });
  return rows.flatMap((row) =>
    columns.map((column) => ({
      window: windowAt(row, column),
      taps: row.taps.flatMap((ky) => column.taps.map((kx) => ky * kw + kx)),
    })),
  );
}

/** The pictures that are read, with so many rows and columns of zeros around them: top, left, bottom, right. */
function borderedIn(site: KernelSite, [top, left, bottom, right]: readonly number[]) {
  const { x: from } = site.arrays;
  const [n, h, w, c] = site.types.x.shape;
  const [ph, pw] = [h + top + bottom, w + left + right];
  if (ph * pw === h * w) return { x: from, bordered: undefined, plane: h * w, width: w };
  const count = n * c * ph * pw;
  const copy = site.scratch('bordered', 'f32', count);
  const bordered: Bordered = { from, copy, count, padded: [ph, pw], size: [h, w], before: [top, left] };
  return { x: copy, bordered, plane: ph * pw, width: pw };
}

const vectors = (x: Arr, all: number, size: number, rows: number, groups: number): Window => ({
  ...{ x, bordered: undefined, from: 0, images: 1, pixels: all / size, width: all / size },
  ...{ image: 0, down: 0, across: size, channel: 1 },
  ...{ taps: 1, tapsAcross: 1, tapDown: 0, tapAcross: 0 },
  ...{ to: 0, toImage: 0, toDown: 0, toPixel: rows, toRow: 1 },
  ...{ rowsEach: rows / groups, group: groups > 1 ? size / groups : 0 },
});

/** The names that shaders give to what they are told of a window, in the order of `windowArgs`. */
export const windowNames = [
  ...['x', 'begin', 'pixels', 'width', 'image', 'down', 'across', 'channel'],
  ...['taps', 'taps_across', 'tap_down', 'tap_across'],
  ...['to', 'to_image', 'to_down', 'to_pixel', 'to_row', 'rows_each', 'group_step'],
] as const;

export const windowArgs = (w: Window): readonly Argument[] => [
  ...[w.x, w.from, w.pixels, w.width, w.image, w.down, w.across, w.channel],
  ...[w.taps, w.tapsAcross, w.tapDown, w.tapAcross],
  ...[w.to, w.toImage, w.toDown, w.toPixel, w.toRow, w.rowsEach, w.group],
];
