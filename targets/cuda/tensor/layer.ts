/** A layer as products of pixels: what is read for each, and where results go. Or why tensor cores do not take it. */
import type { Call } from '../../../src/graph/graph.ts';
import type { Types } from '../../../src/ops/rules.ts';
import { alignUp } from '../../../src/plan/arena.ts';
import type { KernelSite } from '../../../src/plan/kernel.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { elements as count } from '../../../src/tensor/type.ts';
import { phasesIn } from '../../gpu/phases.ts';
import type { Taps } from './depth.ts';
import type { Element } from './elements.ts';
import { perPiece } from './elements.ts';
import type { Forms } from './forms.ts';
import { alongOf, formsOf, placesOf } from './forms.ts';
import type { Makes } from './making.ts';
import { makesOf } from './making.ts';
import { phasedLayers } from './phased.ts';
import type { Gather } from './planes.ts';
import { picturePlanes, vectorPlanes } from './planes.ts';
import type { Goes, Reach } from './product.ts';
import { faultOf, fewest, sizesOf } from './size.ts';
import type { Along } from './tiles.ts';
import { ungrouped } from './ungrouped.ts';

export interface TensorLayer extends Makes {
  readonly matrix: Matrix;
  readonly taps: Taps;
  readonly reach: Reach;
  readonly goes: Goes;
  readonly along: Along;
  readonly forms: Forms;
  /** What columns can be gathered from. */
  readonly gather?: Gather | undefined;
}

/** What 16 bits of a tap tell. */
const mostSide = 0x7ffe;

/** What indices of kernels count. */
const mostCounted = 2 ** 31 - 1;

/** Along the third dimension of a grid. */
const mostPictures = 65535;

/** One, or of a transposed convolution one for each phase of its pixels. `least`: what is worth its launch. */
export function tensorLayers(site: KernelSite, element: Element, least = fewest): readonly TensorLayer[] | string {
  const { call, types, weights } = site;
  const sizes = sizesOf(call, types, element, least);
  if (typeof sizes === 'string') return sizes;
  if (!weights) return 'takes weights that are known';
  const fault = faultOf(weights.matrix, element) ?? reachFault(call, types);
  if (fault !== undefined) return fault;
  const matrix = ungrouped(weights.matrix, sizes[0].groups);
  if (typeof matrix === 'string') return matrix;
  const forms = formsOf(site, element);
  if (typeof forms === 'string') return forms;
  const layers =
    call.op.kind === 'conv-transpose2d'
      ? phasedLayers(site, matrix, element, forms)
      : [layerOf(site, matrix, element, forms)];
  if (typeof layers === 'string') return layers;
  const pixels = layers.reduce((sum, { goes }) => sum + goes.pixels, 0);
  const most = Math.max(layers[0].xPixels * (matrix.run + 32), pixels * (matrix.rows + 256), count(types.x.shape));
  return most > mostCounted ? `takes at most ${mostCounted} numbers` : layers;
}

/** Why pictures are more than kernels can tell. */
export function reachFault({ op }: Call, { x, weights }: Types): string | undefined {
  if (op.kind !== 'conv2d' && op.kind !== 'conv-transpose2d') return undefined;
  const [images, height, width] = x.shape;
  const [, down, across] = weights.shape;
  const transposed = op.kind === 'conv-transpose2d';
  const [top, left, bottom, right] = transposed ? phasesIn(op, x.shape, weights.shape).border : op.pad;
  const reached = transposed ? [] : [(down - 1) * op.dilation[0], (across - 1) * op.dilation[1]];
  const sides = [height + top + bottom, width + left + right, ...reached];
  if (sides.some((side) => side > mostSide)) return `takes pictures of at most ${mostSide} by ${mostSide}`;
  return images > mostPictures ? `takes at most ${mostPictures} pictures` : undefined;
}

function layerOf(site: KernelSite, matrix: Matrix, element: Element, forms: Forms): TensorLayer {
  const { call, types, result } = site;
  const { op } = call;
  const { rows, run: channels } = matrix;
  const xPixels = count(types.x.shape) / channels;
  // A vector is a picture of one pixel.
  const images = op.kind === 'conv2d' ? types.x.shape[0] : xPixels;
  const pixels = count(result.type.shape) / rows / images;
  const width = op.kind === 'conv2d' ? result.type.shape[2] : 1;
  const places = placesOf(forms.to, rows, pixels, element);
  const { inPlace, reach, taps } = reachOf(call, types);
  const goes: Goes = {
    ...{ rows, pixels: images * pixels, imagePixels: pixels, rowPixels: width, rowKept: width, first: 0 },
    ...{ ...places, toDown: width * places.toPixel },
  };
  const pitch = forms.x === 'pieces' ? alignUp(channels, perPiece(element)) : channels;
  return {
    ...{ matrix, forms, along: alongOf(forms.to), reach, taps, goes },
    gather:
      op.kind === 'conv2d'
        ? picturePlanes(site, op, goes, element, forms)
        : vectorPlanes(site.arrays.x, { lines: xPixels, length: channels, pitch }, goes, element),
    ...makesOf(site, { images, size: xPixels / images, channels }, element, forms, inPlace),
  };
}

interface Reached {
  /** Whether each pixel of the result reads the one pixel in its place. */
  readonly inPlace: boolean;
  readonly taps: Taps;
  readonly reach: Reach;
}

function reachOf({ op }: Call, { x, weights }: Types): Reached {
  if (op.kind !== 'conv2d')
    return {
      inPlace: true,
      taps: { across: 1, dilation: [1, 1], width: 1 },
      reach: { width: 1, height: 1, stride: [1, 1], above: 0, left: 0 },
    };
  const [, height, width] = x.shape;
  const [, down, across] = weights.shape;
  const [top, left] = op.pad;
  return {
    inPlace: down * across === 1 && op.pad.every((p) => p === 0) && op.stride.every((s) => s === 1),
    taps: { across, dilation: op.dilation, width },
    reach: { width, height, stride: op.stride, above: top, left },
  };
}
