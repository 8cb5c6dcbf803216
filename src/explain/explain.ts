/** Why every layer is stored and computed as it is: what was on offer and what each would take, by the prices that chose. */
import { bug } from '../diagnostic.ts';
import { formatNamed } from '../formats/index.ts';
import type { Graph, Id, Node } from '../graph/graph.ts';
import { nodesById } from '../graph/graph.ts';
import type { Weights } from '../graph/weights.ts';
import { weightsOf } from '../graph/weights.ts';
import type { Refused } from '../plan/kernel.ts';
import type { Offer, Work } from '../plan/offers.ts';
import { macsOf, offersFor, typesOf, workOf } from '../plan/offers.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { bytesStored } from '../plan/plan.ts';
import type { Other, Prediction, Use } from '../plan/rates.ts';
import { printEncoding, stepsByCall } from '../plan/report.ts';
import { bytesMoved, storedBytes } from '../plan/traffic.ts';
import type { Target } from '../target.ts';
import { countLive } from '../tensor/matrix.ts';
import type { Shape } from '../tensor/type.ts';
import { dense, elements, sameEncoding } from '../tensor/type.ts';
import type { Alternative } from './flips.ts';
import { alternativesFor } from './flips.ts';
import type { OffersAt } from './patterns.ts';
import { samplingOffers } from './patterns.ts';
import { reasonsFor } from './reasons.ts';

export interface Explanation {
  readonly target: string;
  readonly layers: readonly ExplainedLayer[];
  readonly totals: Totals;
}

export interface Totals {
  /** Predicted for all layers with weights, and with all of them dense. */
  readonly ns: number;
  readonly denseNs: number;
  /** Of the weights in their formats. */
  readonly bytes: number;
  readonly denseBytes: number;
  /** All weights with two bytes each, as runtimes that know no zeros hold them at best. */
  readonly halfBytes: number;
  /** Of all constants, as the artefact stores them: what is downloaded, and for a GPU uploaded. */
  readonly storedBytes: number;
  /** Of the arena that all steps compute in. */
  readonly arenaBytes: number;
  /** Between memory and the core in one run of all steps: each array of a step is counted once. */
  readonly movedBytes: number;
  /** What one run hands to a device; null where there is none. */
  readonly launches: number | null;
  /** Operations of floating point in one run of the layers: two for each weight that is kept and what it multiplies. */
  readonly flops: number;
  /** Steps without weights, for which nothing is predicted. */
  readonly otherSteps: number;
}

export interface ExplainedLayer {
  /** As the user named it. Not to be trusted. */
  readonly name: string;
  readonly op: string;
  /** Of the weights: [o, kh, kw, i] or [out, in]. */
  readonly shape: Shape;
  readonly output: Shape;
  /** Multiply-adds of one run with dense weights. */
  readonly macs: number;
  /** The share of weights that are not kept, 0 to 1. */
  readonly zeros: number;
  /** Of every constant that the layer reads, as the artefact stores them. What layers share counts for each. */
  readonly storedBytes: number;
  /** Between memory and the core in one run, each array counted once. */
  readonly movedBytes: number;
  /** Operations of floating point in one run: two for each weight that is kept and what it multiplies. */
  readonly flops: number;
  readonly chosen: ExplainedOffer;
  /** What computes it; null where its loops do. */
  readonly kernel: string | null;
  /** Why kernels that were asked before did not take it. */
  readonly refusedBy: readonly Refused[];
  /** Every other format that can hold the weights, the fastest first. */
  readonly others: readonly ExplainedOffer[];
  /** Formats that cannot, each with the rest of a sentence. */
  readonly unfit: readonly { readonly format: string; readonly reason: string }[];
  /** What other masks would do. */
  readonly alternatives: readonly Alternative[];
  /** Why this format. */
  readonly why: string;
  /** Why it is not sparse, and what would change that; null where it is, or where nothing is pruned. */
  readonly whyNotSparse: string | null;
  /** Why it is not computed by what was asked for, such as tensor cores; null where it is, or where nothing was. */
  readonly whyNotAsked: string | null;
}

export interface ExplainedOffer {
  /** With its parameters: `csr index=16`. */
  readonly format: string;
  /** Of the weights alone. */
  readonly bytes: number;
  readonly ns: number;
  /** What most of the time goes into. */
  readonly bound: string;
  /** The routine that computes it, as the target calls it. */
  readonly routine: string;
  /** How it uses a GPU, where the target says so. */
  readonly use?: Use;
  /** That weights are multiplied with the zeros that the format leaves out. */
  readonly zeros?: true;
  /** What else could compute it, and does not. */
  readonly others?: readonly Other[];
  /** Whether the target or the config would have it at any price. */
  readonly wanted: boolean;
}

/**
 * Of a graph after all passes and the plan made from it, by the prices that chose its formats. What was asked of `offersAt`
 * for one target need not be computed for another.
 */
export function explain(
  graph: Graph,
  plan: Plan,
  target: Pick<Target, 'name' | 'price' | 'predict' | 'launches'>,
  offersAt: OffersAt = samplingOffers(),
): Explanation {
  const byId = nodesById(graph);
  const known = new Map<string, readonly Alternative[]>();
  const storedFor = storedBytes(plan);
  const steps = stepsByCall(plan.steps);
  const layers = Array.from(weightsOf(graph).values(), (weights) =>
    explainLayer(weights, { byId, steps, storedFor, target, known, offersAt }),
  );
  const sum = (of: (layer: ExplainedLayer) => number): number => layers.reduce((total, layer) => total + of(layer), 0);
  return {
    target: target.name,
    layers,
    totals: {
      ns: sum(({ chosen }) => chosen.ns),
      denseNs: sum((layer) => denseOf(layer).ns),
      bytes: sum(({ chosen }) => chosen.bytes),
      denseBytes: sum((layer) => denseOf(layer).bytes),
      halfBytes: 2 * sum(({ shape }) => elements(shape)),
      storedBytes: plan.constants.reduce((total, constant) => total + bytesStored(constant), 0),
      arenaBytes: plan.arena.peak,
      movedBytes: plan.steps.reduce((total, step) => total + bytesMoved(step), 0),
      launches: target.launches?.(plan) ?? null,
      flops: sum(({ flops }) => flops),
      otherSteps: plan.steps.length - layers.length,
    },
  };
}

/** What the layer would take with dense weights, which hold any. */
export const denseOf = ({ chosen, others }: Pick<ExplainedLayer, 'chosen' | 'others'>): ExplainedOffer =>
  [chosen, ...others].find(({ format }) => format === dense.format) ?? chosen;

interface Context {
  readonly byId: ReadonlyMap<Id, Node>;
  readonly steps: ReadonlyMap<Id, Step>;
  /** Bytes of all constants that a step reads. */
  readonly storedFor: (step: Step) => number;
  readonly target: Pick<Target, 'name' | 'price' | 'predict'>;
  /** What was found for layers of the same sizes. */
  readonly known: Map<string, readonly Alternative[]>;
  readonly offersAt: OffersAt;
}

function explainLayer(weights: Weights, { byId, steps, storedFor, target, known, offersAt }: Context): ExplainedLayer {
  const { call, constant, matrix } = weights;
  const step = steps.get(call.id) ?? bug(`%${call.id} is not in the plan`);
  const types = typesOf(call, byId);
  const { encoding } = constant.type;
  const workFor = (offer: Offer): Work => workOf(call, offer, byId);
  const shown = (offer: Offer): ExplainedOffer => {
    const work = workFor(offer);
    return { ...printed(offer, target.predict(work)), wanted: target.price(work) < Infinity };
  };
  const offerIn = (format: string, params: Offer['encoding']['params']): Offer => {
    const cost = formatNamed(format)?.cost(matrix, params) ?? bug(`no format is called "${format}"`);
    return { encoding: { format, params }, cost, matrix };
  };
  const { offers, refused } = offersFor(weights);
  const zeros = 1 - countLive(matrix) / matrix.data.length;
  const { rows, columns, run } = matrix;
  const key = JSON.stringify([call.op, types, rows, columns, run, zeros.toFixed(3)]);
  const alternatives =
    known.get(key) ??
    alternativesFor({
      target,
      workFor,
      size: { rows, columns, run },
      denseOffer: offerIn(dense.format, {}),
      zeros: Math.round(1000 * zeros) / 1000,
      offersAt,
    });
  known.set(key, alternatives);
  const macs = macsOf(call, types);
  const layer = {
    name: call.origin ?? call.id,
    op: call.op.kind,
    shape: constant.type.shape,
    output: call.type.shape,
    macs,
    zeros,
    storedBytes: storedFor(step),
    movedBytes: bytesMoved(step),
    flops: Math.round(2 * macs * (1 - zeros)),
    chosen: shown(offerIn(encoding.format, encoding.params)),
    kernel: step.work.kind === 'routines' ? step.work.kernel : null,
    refusedBy: step.refused,
    others: offers
      .filter((offer) => !sameEncoding(offer.encoding, encoding))
      .map(shown)
      .sort((a, b) => a.ns - b.ns || a.bytes - b.bytes),
    unfit: refused.map((r) => ({ format: printEncoding(r.encoding), reason: r.reason })),
    alternatives,
  };
  const asked = offers.some((offer) => offer.asked && sameEncoding(offer.encoding, encoding));
  return { ...layer, ...reasonsFor(layer, asked) };
}

const printed = (
  { encoding, cost }: Offer,
  { ns, bound, family, use, zeros, others }: Prediction,
): Omit<ExplainedOffer, 'wanted'> => ({
  format: printEncoding(encoding),
  bytes: cost.bytes,
  ns,
  bound,
  routine: family,
  ...(use && { use }),
  ...(zeros && { zeros }),
  ...(others && { others }),
});
