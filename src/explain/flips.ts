/** What would change a layer's format: the same prices, asked at other masks. */
import type { Offer, Work } from '../plan/offers.ts';
import type { Prediction } from '../plan/rates.ts';
import type { Target } from '../target.ts';
import { dense } from '../tensor/type.ts';
import type { OffersAt, Pattern } from './patterns.ts';
import { patterns } from './patterns.ts';

/** A mask that the layer could have been pruned to, with the zeros that it has. */
export interface Alternative {
  readonly pattern: string;
  /** Predicted at the layer's own share of zeros, in the best format that is not dense; null where none is wanted. */
  readonly ns: number | null;
  /** The share of zeros, in hundredths, from which on such a mask is stored sparse; null where it never is. */
  readonly from: number | null;
}

export interface Flipping {
  readonly target: Pick<Target, 'price' | 'predict'>;
  /** The layer with its weights stored in any way: all but the format and its cost is taken from it. */
  readonly workFor: (offer: Offer) => Work;
  readonly size: { readonly rows: number; readonly columns: number; readonly run: number };
  readonly denseOffer: Offer;
  readonly offersAt: OffersAt;
  /** The share of zeros, 0 to 1. */
  readonly zeros: number;
}

export const alternativesFor = (layer: Flipping): readonly Alternative[] =>
  patterns.flatMap((pattern) => alternativeFor(layer, pattern) ?? []);

function alternativeFor(layer: Flipping, pattern: Pattern): Alternative | undefined {
  const now = cheapestSparse(layer, pattern, 1 - layer.zeros);
  if (now === undefined) return undefined;
  return { pattern: pattern.name, ns: now?.ns ?? null, from: firstZeros(layer, pattern) };
}

interface Cheapest extends Pick<Prediction, 'ns'> {
  readonly price: number;
}

/** Null where no format but dense is wanted at any price, undefined where no such mask fits. */
function cheapestSparse(
  { target, workFor, size, offersAt }: Flipping,
  pattern: Pattern,
  density: number,
): Cheapest | null | undefined {
  const offers = offersAt(size, pattern, density);
  if (!offers) return undefined;
  return offers
    .filter(({ encoding }) => encoding.format !== dense.format)
    .map((offer) => ({ offer, price: target.price(workFor(offer)) }))
    .filter(({ price }) => price < Infinity)
    .reduce<Cheapest | null>(
      (best, { offer, price }) =>
        best && best.price <= price ? best : { price, ns: target.predict(workFor(offer)).ns },
      null,
    );
}

/** More zeros never take longer, so that halving finds the first hundredth at which sparse is cheaper. */
function firstZeros(layer: Flipping, pattern: Pattern): number | null {
  const limit = layer.target.price(layer.workFor(layer.denseOffer));
  const wins = (hundredths: number): boolean => {
    const best = cheapestSparse(layer, pattern, 1 - hundredths / 100);
    return best !== null && best !== undefined && best.price < limit;
  };
  if (!wins(most)) return null;
  let [loses, first] = [-1, most];
  while (first - loses > 1) {
    const middle = (loses + first) >> 1;
    if (wins(middle)) first = middle;
    else loses = middle;
  }
  return first;
}

/** Hundredths of zeros beyond which nobody prunes. */
const most = 99;
