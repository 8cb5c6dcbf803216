/**
 * Dense layers and 1x1 convolutions as products by warpgroups, which Hopper has: all weights, or half of every four (2:4). Taken where an
 * estimate says that it is faster than by warps.
 */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { endingOf } from '../ending.ts';
import type { Common } from '../tensor/calls.ts';
import type { Element } from '../tensor/elements.ts';
import { h100 } from '../tensor/estimate.ts';
import { tensorLayers } from '../tensor/layer.ts';
import { keepsHalf, offersFor } from '../tensor/ways.ts';
import { wideCalls } from '../warpgroup/calls.ts';
import type { WideOffer } from '../warpgroup/offers.ts';
import { wideOffers } from '../warpgroup/offers.ts';

/** One of several ways, if it takes less than so many nanoseconds. */
export type ChooseWide = (offers: readonly WideOffer[], ns: number) => WideOffer | undefined;

export const bestWide: ChooseWide = ([best], ns) => (best.estimate.ns < ns ? best : undefined);

export const warpgroupKernel = (
  element: Element,
  common: Common,
  choose: ChooseWide = bestWide,
  device = h100,
): Kernel => ({
  name: 'warpgroup',
  doc: `products by warpgroups on tensor cores, in ${element.name}`,

  match(site) {
    const layers = tensorLayers(site, element);
    if (typeof layers === 'string') return layers;
    const [layer] = layers;
    if (!layer.wide) return 'takes pixels that read the one in their place';
    const { matrix, along, bytes, plain, goes } = layer;
    const { pixels } = goes;
    const [byWarps] = offersFor({ matrix, element, along, bytes, plain, ...common, pixels });
    const { rows, columns } = matrix;
    const ways = keepsHalf(matrix, element) ? (['sparse', 'dense'] as const) : (['dense'] as const);
    const offer = choose(wideOffers(ways, { rows, pixels, columns, bytes }), byWarps?.estimate.ns ?? Infinity);
    if (!offer) return 'takes layers that are faster by warpgroups than by warps alone';
    const calls = wideCalls(site, layer, offer, { ending: endingOf(site), element, processors: device.processors });
    return typeof calls === 'string' ? calls : { calls };
  },
});
