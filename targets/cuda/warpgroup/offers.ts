/** The ways in which warpgroups can multiply a layer, with what each takes. */
import type { Call } from '../../../src/graph/graph.ts';
import type { Types } from '../../../src/ops/rules.ts';
import { alignUp } from '../../../src/plan/arena.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { elements as count } from '../../../src/tensor/type.ts';
import type { Setting } from '../rates/rates.ts';
import type { Element } from '../tensor/elements.ts';
import { perPiece } from '../tensor/elements.ts';
import type { Estimate } from '../tensor/estimate.ts';
import { sizesOf } from '../tensor/size.ts';
import { keepsHalf } from '../tensor/ways.ts';
import type { WideLayer } from './estimate.ts';
import { bestWideSplit } from './estimate.ts';
import type { Feed, WideTile, WideWay } from './tiles.ts';
import { wideColumns, wideTiles } from './tiles.ts';

export interface WideOffer {
  readonly way: WideWay;
  readonly tile: WideTile;
  readonly feed: Feed;
  readonly estimate: Estimate;
}

/** One of several ways, for weights that are stored dense or not. */
export type ChooseWide = (offers: readonly WideOffer[], isDense: boolean) => WideOffer | undefined;

/** Of weights that are stored dense the best with all of them, and of others the best that leaves some out, if one does. */
export const bestWide: ChooseWide = (offers, isDense) =>
  (isDense ? undefined : offers.find(({ way }) => way === 'sparse')) ?? offers.find(({ way }) => way === 'dense');

/** Cheapest first. */
export const wideOffers = (way: WideWay, feed: Feed, layer: WideLayer, setting: Setting): readonly WideOffer[] =>
  wideTiles(feed)
    .map((tile) => ({ way, tile, feed, estimate: bestWideSplit(way, tile, feed, layer, setting) }))
    .sort((a, b) => a.estimate.ns - b.estimate.ns);

/** Of a layer, by its weights or by whether half of them are said to be kept. Or why warpgroups do not take it. */
export function wideOffersFor(
  call: Call,
  types: Types,
  weights: Matrix | boolean,
  element: Element,
  setting: Setting,
): readonly WideOffer[] | string {
  const sizes = sizesOf(call, types, element);
  if (typeof sizes === 'string') return sizes;
  const { op } = call;
  if (op.kind !== 'linear' && op.kind !== 'conv2d') return 'takes convolutions and dense layers';
  if (op.kind === 'conv2d' && op.groups > 1) return 'takes one group';
  const [{ rows, pixels, columns, run, bytes, before }] = sizes;
  const inPieces = (columns / run) * alignUp(run, perPiece(element));
  const half = typeof weights === 'boolean' ? weights : keepsHalf(weights, element);
  const ways: readonly WideWay[] = half ? ['sparse', 'dense'] : ['dense'];
  return ways
    .flatMap((way) => {
      const all = wideOffers(way, 'pieces', { rows, pixels, columns: inPieces, bytes, before }, setting);
      if (types.x.layout.kind === 'pieces' || !readsInPlace(call, types)) return all;
      const made = element.bytes * pixels * wideColumns(columns, way);
      const tiled = { launches: 1, bytes: 4 * pixels * columns + made };
      const layer = { rows, pixels, columns, bytes: made + 4 * count(call.type.shape), before: tiled };
      return [...all, ...wideOffers(way, 'tiles', layer, setting)];
    })
    .sort((a, b) => a.estimate.ns - b.estimate.ns);
}

/** Whether pixels of the result read the one of x in their place, so that tiles can be brought. */
export function readsInPlace({ op }: Call, { weights }: Types): boolean {
  if (op.kind !== 'conv2d') return true;
  const [, down, across] = weights.shape;
  return down * across === 1 && op.pad.every((p) => p === 0) && op.stride.every((s) => s === 1);
}
