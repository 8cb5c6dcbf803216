/** What layers take by warpgroups: by their weights where these are known, and by what a format promises of others. */
import type { Work } from '../../../src/target.ts';
import { elements as count, dense } from '../../../src/tensor/type.ts';
import type { Counting } from '../contest.ts';
import type { Element } from '../tensor/elements.ts';
import { wayOf } from '../tensor/predict.ts';
import { faultOf } from '../tensor/size.ts';
import type { Common } from '../tensor/ways.ts';
import { wideFamilies } from './estimate.ts';
import { bestWide, wideOffersFor } from './offers.ts';

/** Or why warpgroups do not take the work. */
export function predictWide(work: Work, element: Element, { setting }: Common): Counting | string {
  const { call, types, encoding, cost, matrix } = work;
  if ([types.x, types.weights].some(({ dtype }) => dtype !== 'f32')) return 'takes f32';
  const fault = matrix && faultOf(matrix, element);
  if (fault !== undefined) return fault;
  const kept = cost.multiplies / count(types.weights.shape);
  const promised = wayOf(encoding, kept, element, true).way === 'sparse';
  const offers = wideOffersFor(call, types, matrix ?? promised, element, setting);
  if (typeof offers === 'string') return offers;
  const isDense = encoding.format === dense.format;
  const offer = bestWide(offers, isDense);
  if (!offer) return 'takes layers for which there is a tile';
  const { ns, bound, counts, use } = offer.estimate;
  const family = wideFamilies[offer.way];
  return {
    ...{ ns, bound, use, family: `${family} in ${element.doc}`, counted: { family, counts, use } },
    ...(!isDense && offer.way === 'dense' && { zeros: true }),
  };
}
