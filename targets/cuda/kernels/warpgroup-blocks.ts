/**
 * Dense layers and 1x1 convolutions of weights in whole tiles, where Hopper's copies in bulk bring them, and what two blocks multiply with
 * theirs once for both.
 */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { endingOf } from '../ending.ts';
import type { Element } from '../tensor/elements.ts';
import { tensorLayers } from '../tensor/layer.ts';
import type { Common } from '../tensor/ways.ts';
import { wideBlocksCalls } from '../warpgroup/blocks-calls.ts';
import type { WideBlocksOffer } from '../warpgroup/blocks-estimate.ts';
import { wideBlocksOffersFor } from '../warpgroup/blocks-predict.ts';

/** One of several; the best unless a test wants another. */
export type ChooseWideBlocks = (offers: readonly WideBlocksOffer[]) => WideBlocksOffer | undefined;

export const warpgroupBlocksKernel = (
  element: Element,
  { setting }: Common,
  choose: ChooseWideBlocks = ([best]) => best,
): Kernel => ({
  name: 'warpgroup-blocks',
  doc: `products with weights in whole tiles that are copied in bulk, in ${element.name}`,
  pieces: true,

  match(site) {
    const layers = tensorLayers(site, element);
    if (typeof layers === 'string') return layers;
    const [layer] = layers;
    const { matrix, wide } = layer;
    const offers = wideBlocksOffersFor(site.call, site.types, matrix, element, setting);
    if (typeof offers === 'string') return offers;
    const offer = choose(offers);
    if (!offer || !wide) return 'takes layers for which there is a tile';
    const { processors } = setting.device;
    return { calls: wideBlocksCalls(site, layer, wide, offer, { ending: endingOf(site), element, processors }) };
  },
});
