/**
 * Which pattern a layer should be pruned to: the finest, which costs the least accuracy, that is predicted to be hardly
 * slower than taking whole filters away. The rule-based mapping of Gong and others, "Automatic Mapping of the Best-Suited
 * DNN Pruning Schemes", arXiv 2111.11581: depthwise layers stay dense.
 */

import { bug } from '../diagnostic.ts';
import { formatNamed } from '../formats/index.ts';
import type { Graph } from '../graph/graph.ts';
import { nodesById } from '../graph/graph.ts';
import type { Weights } from '../graph/weights.ts';
import { weightsOf } from '../graph/weights.ts';
import type { Offer, Work } from '../plan/offers.ts';
import { workOf } from '../plan/offers.ts';
import type { Target } from '../target.ts';
import type { TensorType } from '../tensor/type.ts';
import { dense } from '../tensor/type.ts';
import type { OffersAt } from './patterns.ts';
import { patterns, samplingOffers } from './patterns.ts';

/** How much longer than structured pruning a pattern may take: 0.2 is a fifth. */
export const defaultTolerance = 0.2;

export interface Advice {
  /** As the user named it. Not to be trusted. */
  readonly name: string;
  /** `unstructured`, `8x4 blocks`, `whole filters`, or `dense`. */
  readonly pattern: string;
  /** Predicted with that pattern, with whole filters taken away, and as it is now when nothing is pruned. */
  readonly ns: number;
  readonly structuredNs: number;
  readonly denseNs: number;
  /** Why, the rest of a sentence. */
  readonly reason: string;
}

export interface Timed {
  readonly pattern: string;
  /** Weights that are kept or pruned together. */
  readonly size: number;
  readonly ns: number;
}

/** The pattern of smallest blocks that takes at most `1 + tolerance` times as long as structured pruning does. */
export function finestWithin(timed: readonly Timed[], structuredNs: number, tolerance: number): Timed | undefined {
  return timed
    .filter(({ ns }) => ns <= (1 + tolerance) * structuredNs)
    .reduce<Timed | undefined>(
      (best, next) =>
        best && (best.size < next.size || (best.size === next.size && best.ns <= next.ns)) ? best : next,
      undefined,
    );
}

/** For each layer with weights, at `zeros` between 0 and 1. */
export function advise(
  graph: Graph,
  target: Pick<Target, 'price' | 'predict'>,
  zeros: number,
  tolerance = defaultTolerance,
): readonly Advice[] {
  const byId = nodesById(graph);
  const offersAt = samplingOffers();
  return Array.from(weightsOf(graph).values(), (weights) => {
    const workFor = (offer: Offer): Work => workOf(weights.call, offer, byId);
    return adviseLayer(weights, workFor, { target, zeros, tolerance, offersAt });
  });
}

interface Asked {
  readonly target: Pick<Target, 'price' | 'predict'>;
  readonly zeros: number;
  readonly tolerance: number;
  readonly offersAt: OffersAt;
}

function adviseLayer(
  { call, matrix }: Weights,
  workFor: (offer: Offer) => Work,
  { target, zeros, tolerance, offersAt }: Asked,
): Advice {
  const format = formatNamed(dense.format) ?? bug('no dense format');
  const full = workFor({ encoding: dense, cost: format.cost(matrix, {}) });
  const denseNs = target.predict(full).ns;
  const thin = Math.max(1, Math.round(matrix.rows * (1 - zeros)));
  const structuredNs = target.predict(thinned(full, thin)).ns;
  const common = { name: call.origin ?? call.id, structuredNs, denseNs };
  if (call.op.kind === 'conv2d' && call.op.groups > 1)
    return { ...common, pattern: dense.format, ns: denseNs, reason: 'depthwise layers gain little and lose much' };
  const timed = patterns.flatMap((pattern): readonly Timed[] => {
    const offers = offersAt(matrix, pattern, 1 - zeros) ?? [];
    const priced = offers
      .map((offer) => ({ price: target.price(workFor(offer)), ns: target.predict(workFor(offer)).ns }))
      .filter(({ price }) => price < Infinity);
    if (priced.length === 0) return [];
    const best = priced.reduce((a, b) => (b.price < a.price ? b : a));
    return [{ pattern: pattern.name, size: pattern.r * pattern.c, ns: best.ns }];
  });
  const found = finestWithin(timed, structuredNs, tolerance);
  if (!found) {
    const nearest = timed.reduce<Timed | undefined>(
      (best, next) => (best && best.ns <= next.ns ? best : next),
      undefined,
    );
    const least = nearest && `${nearest.pattern} would take ${(nearest.ns / structuredNs).toFixed(2)} of it`;
    const reason = least ?? 'no pattern fits';
    return { ...common, pattern: 'whole filters', ns: structuredNs, reason };
  }
  const share = (found.ns / structuredNs).toFixed(2);
  return { ...common, pattern: found.pattern, ns: found.ns, reason: `takes ${share} of what whole filters would` };
}

/** The work with so many rows of weights, all dense. */
function thinned(work: Work, rows: number): Work {
  const [all] = work.types.weights.shape;
  const cut = (type: TensorType, axis: number): TensorType => ({
    ...type,
    shape: type.shape.map((d, i) => (i === axis ? rows : d)),
  });
  const { cost, call } = work;
  const share = rows / all;
  return {
    ...work,
    call: { ...call, type: cut(call.type, call.type.shape.length - 1) },
    types: { ...work.types, weights: cut(work.types.weights, 0) },
    cost: { ...cost, bytes: cost.bytes * share, multiplies: cost.multiplies * share },
  };
}
