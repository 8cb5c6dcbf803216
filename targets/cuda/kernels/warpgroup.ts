/**
 * Convolutions and dense layers as products by warpgroups, which Hopper has: all weights, or half of every four (2:4).
 */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { dense } from '../../../src/tensor/type.ts';
import { endingOf } from '../ending.ts';
import type { Element } from '../tensor/elements.ts';
import { tensorLayers } from '../tensor/layer.ts';
import type { Common } from '../tensor/ways.ts';
import { wideCalls } from '../warpgroup/calls.ts';
import type { ChooseWide } from '../warpgroup/offers.ts';
import { bestWide, wideOffersFor } from '../warpgroup/offers.ts';

export const warpgroupKernel = (element: Element, common: Common, choose: ChooseWide = bestWide): Kernel => ({
  name: 'warpgroup',
  doc: `products by warpgroups on tensor cores, in ${element.name}`,
  pieces: true,

  match(site) {
    const layers = tensorLayers(site, element);
    if (typeof layers === 'string') return layers;
    const [layer] = layers;
    const offers = wideOffersFor(site.call, site.types, layer.matrix, element, common.setting);
    if (typeof offers === 'string') return offers;
    const offer = choose(offers, site.types.weights.encoding.format === dense.format);
    if (!offer) return 'takes layers for which there is a tile';
    const { processors } = common.setting.device;
    const calls = wideCalls(site, layer, offer, { ending: endingOf(site), element, processors });
    return typeof calls === 'string' ? calls : { calls };
  },
});
