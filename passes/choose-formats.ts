/** Every layer's weights get the format that is cheapest on the target. */
import type { Id } from '../src/graph/graph.ts';
import { nodesById } from '../src/graph/graph.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Weights } from '../src/graph/weights.ts';
import { weightsOf } from '../src/graph/weights.ts';
import type { Pass } from '../src/pass.ts';
import type { Offer } from '../src/plan/offers.ts';
import { offersForAll, workOf } from '../src/plan/offers.ts';
import type { Target } from '../src/target.ts';
import type { Encoding } from '../src/tensor/type.ts';
import { sameEncoding } from '../src/tensor/type.ts';
import type { ById } from './matching/constants.ts';

/**
 * `offersFor` tells a report what was on offer and what was refused, and `workOf` what the target was asked to price.
 * Layers that share a constant share its format: the one whose prices add up to least.
 */
export const chooseFormats = (price: Target['price']): Pass => ({
  name: 'choose-formats',
  doc: 'stores each weight in the format that the target prices lowest, or that somebody asked for',

  run(graph) {
    const byId = nodesById(graph);
    const users = new Map<Id, Weights[]>();
    for (const weights of weightsOf(graph).values())
      users.set(weights.constant.id, [...(users.get(weights.constant.id) ?? []), weights]);
    return rewriteNodes(graph, (node) => {
      const layers = users.get(node.id);
      if (!layers) return node;
      const encoding = cheapest(layers, byId, price);
      return sameEncoding(encoding, node.type.encoding) ? node : { ...node, type: { ...node.type, encoding } };
    });
  },
});

/** Calls that share weights see them as one matrix; what else holds for one call alone is not on offer. */
function cheapest(layers: readonly Weights[], byId: ById, price: Target['price']): Encoding {
  const priceOf = (offer: Offer): number => layers.reduce((sum, { call }) => sum + price(workOf(call, offer, byId)), 0);
  const priced = offersForAll(layers).map((offer) => ({ offer, price: priceOf(offer) }));
  const asked = priced.find(({ offer, price }) => offer.asked && price < Infinity);
  return (asked ?? priced.reduce((best, next) => (next.price < best.price ? next : best))).offer.encoding;
}
