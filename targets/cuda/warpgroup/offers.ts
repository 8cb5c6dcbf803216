/** The ways in which warpgroups can multiply a layer, with what each takes. */
import type { Estimate } from '../tensor/estimate.ts';
import type { WideLayer } from './estimate.ts';
import { bestWideSplit } from './estimate.ts';
import type { WideTile, WideWay } from './tiles.ts';
import { wideTiles } from './tiles.ts';

export interface WideOffer {
  readonly way: WideWay;
  readonly tile: WideTile;
  readonly estimate: Estimate;
}

/** Cheapest first. */
export const wideOffers = (ways: readonly WideWay[], layer: WideLayer): readonly WideOffer[] =>
  ways
    .flatMap((way) => wideTiles.map((tile) => ({ way, tile, estimate: bestWideSplit(way, tile, layer) })))
    .sort((a, b) => a.estimate.ns - b.estimate.ns);
