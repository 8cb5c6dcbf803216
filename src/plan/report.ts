/** What `build` and `inspect` tell of a model's layers: pure functions of a graph and its plan. A layer is a call with weights. */
import { bug } from '../diagnostic.ts';
import { formatNamed } from '../formats/index.ts';
import type { Call, Graph, Id, Node } from '../graph/graph.ts';
import { nodesById, operandsOf } from '../graph/graph.ts';
import { printAttributes } from '../graph/text.ts';
import type { Weights } from '../graph/weights.ts';
import { weightsOf } from '../graph/weights.ts';
import { countLive } from '../tensor/matrix.ts';
import type { DType, Encoding, Shape } from '../tensor/type.ts';
import { elements, sameEncoding } from '../tensor/type.ts';
import type { Arena } from './arena.ts';
import type { Refused } from './kernel.ts';
import type { Offers, Work } from './offers.ts';
import { macsOf, offersFor, typesOf, workOf } from './offers.ts';
import type { Plan, Step } from './plan.ts';
import { bytesStored } from './plan.ts';

export interface BuildReport {
  readonly layers: readonly LayerReport[];
  readonly arena: Pick<Arena, 'peak' | 'sum' | 'bound'>;
}

export interface LayerReport {
  /** As the user named it. Not to be trusted. */
  readonly name: string;
  readonly op: string;
  /** With its parameters: `csr index=16`. */
  readonly format: string;
  /** Why this format: its price against that of the runner-up, and why others cannot hold the weights. */
  readonly reason: string;
  /** Of every constant that the layer reads, as the artefact stores them. What layers share counts for each. */
  readonly bytes: number;
  /** Multiply-adds of one run with dense weights. */
  readonly macs: number;
  /** The share of weights that are kept, 0 to 1. */
  readonly density: number;
  /** What computes it; null where its loops do. */
  readonly kernel: string | null;
  /** Why the kernels that were asked before did not take it. */
  readonly refused: readonly Refused[];
}

export interface Inspection {
  readonly inputs: readonly PortReport[];
  readonly outputs: readonly PortReport[];
  /** How many calls there are of each operator, the most frequent first. */
  readonly operators: readonly { readonly op: string; readonly count: number }[];
  readonly layers: readonly InspectedLayer[];
}

export interface PortReport {
  /** As the user named it. Not to be trusted. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface InspectedLayer {
  /** As the user named it. Not to be trusted. */
  readonly name: string;
  readonly op: string;
  /** Of the weights: [o, kh, kw, i] or [out, in]. */
  readonly shape: Shape;
  /** Of the result. */
  readonly output: Shape;
  /** Numbers in all constant operands. */
  readonly parameters: number;
  /** Multiply-adds of one run with dense weights. */
  readonly macs: number;
  /** Weights that are not kept. */
  readonly zeros: number;
  readonly formats: readonly FormatReport[];
}

/** What a format takes for the weights of a layer, or the reason that it cannot hold them: the rest of a sentence. */
export type FormatReport =
  | { readonly format: string; readonly bytes: number }
  | { readonly format: string; readonly reason: string };

type Price = (work: Work) => number;

/** Of a graph after all passes, the plan made from it, and the price by which its formats were chosen, or why they were not. */
export const reportBuild = (graph: Graph, plan: Plan, choice: Price | string): BuildReport => ({
  layers: reportLayers(graph, plan, choice),
  arena: { peak: plan.arena.peak, sum: plan.arena.sum, bound: plan.arena.bound },
});

export function reportLayers(graph: Graph, { steps, constants }: Plan, choice: Price | string): readonly LayerReport[] {
  const byId = nodesById(graph);
  const stepOf = stepsByCall(steps);
  const bytesOf = new Map(constants.map((constant) => [constant.array, bytesStored(constant)]));
  return Array.from(weightsOf(graph).values(), (weights): LayerReport => {
    const { call, constant, matrix } = weights;
    const step = stepOf.get(call.id) ?? bug(`%${call.id} is not in the plan`);
    const { encoding } = constant.type;
    return {
      name: nameOf(call),
      op: call.op.kind,
      format: printEncoding(encoding),
      reason:
        typeof choice === 'string'
          ? choice
          : reasonFor(weights, offersFor(weights), (work) => choice(workOf(call, work, byId))),
      bytes: step.reads.reduce((sum, array) => sum + (bytesOf.get(array) ?? 0), 0),
      macs: macsOf(call, typesOf(call, byId)),
      density: countLive(matrix) / matrix.data.length,
      kernel: kernelOf(step),
      refused: step.refused,
    };
  });
}

/** What launches a function of a GPU: the most bytes of shared memory that one gives a block beside its own, and the calls that it computes. */
export interface Launched {
  readonly launchShared: number;
  /** As the user named them. Not to be trusted. */
  readonly calls: readonly string[];
}

/** By the names of functions, in the order of the steps. What is printed from loops is not among them. */
export function launchedBy({ steps }: Pick<Plan, 'steps'>): ReadonlyMap<string, Launched> {
  const all = new Map<string, Launched>();
  for (const { call, work } of steps)
    for (const { routine, shared = 0 } of work.kind === 'routines' ? work.calls : []) {
      const name = routine.name.replaceAll('-', '_');
      const { launchShared, calls } = all.get(name) ?? { launchShared: 0, calls: [] };
      const own = nameOf(call);
      all.set(name, {
        launchShared: Math.max(launchShared, shared),
        calls: calls.includes(own) ? calls : [...calls, own],
      });
    }
  return all;
}

/** The step that computes each call. */
export const stepsByCall = (steps: Plan['steps']): ReadonlyMap<Id, Step> =>
  new Map(steps.flatMap((step) => [step.call, ...(step.absorbed ?? [])].map(({ id }) => [id, step] as const)));

const nameOf = ({ origin, id }: Call): string => origin ?? id;

const kernelOf = ({ work }: Step): string | null => (work.kind === 'routines' ? work.kernel : null);

/** `csr index=16`. */
export const printEncoding = ({ format, params }: Encoding): string => `${format}${printAttributes(params)}`;

/**
 * `costs 410, bitmask 655; nm n=2 m=4 rank=0: row 3 has 3 nonzeros in columns 8..11`. A price that is infinite is that
 * of a format that nobody wants. Layers that share weights share the format that is cheapest for all of them together.
 * Of each format that cannot hold the weights at all, the first refusal is told, unless there is nothing to leave out.
 */
function reasonFor(
  { matrix, constant }: Weights,
  { offers, refused }: Offers,
  price: (offer: Pick<Work, 'encoding' | 'cost'>) => number,
): string {
  const { encoding } = constant.type;
  const cost = formatNamed(encoding.format)?.cost(matrix, encoding.params) ?? bug('an unknown format');
  if (offers.some((offer) => offer.asked && sameEncoding(offer.encoding, encoding))) return 'asked for';
  const own = price({ encoding, cost });
  const others = offers
    .filter((offer) => !sameEncoding(offer.encoding, encoding))
    .map((offer) => ({ encoding: offer.encoding, price: price(offer) }))
    .filter((offer) => offer.price < Number.POSITIVE_INFINITY);
  const next = others.reduce<(typeof others)[number] | undefined>(
    (best, offer) => (best && best.price <= offer.price ? best : offer),
    undefined,
  );
  const alone = next && next.price < own ? ' for this layer alone' : '';
  const first = refused.filter(
    ({ encoding: { format } }, i) =>
      offers.every((offer) => offer.encoding.format !== format) &&
      refused.findIndex((other) => other.encoding.format === format) === i,
  );
  return [
    next
      ? `costs ${printPrice(own)}, ${printEncoding(next.encoding)} ${printPrice(next.price)}${alone}`
      : 'the only one wanted',
    ...(countLive(matrix) === matrix.data.length
      ? ['no weight is pruned']
      : first.map((refusal) => `${printEncoding(refusal.encoding)}: ${refusal.reason}`)),
  ].join('; ');
}

const printPrice = (price: number): string => String(Number(price.toPrecision(6)));

/** Of any graph: best after import, before formats are chosen. */
export function inspect(graph: Graph): Inspection {
  const byId = nodesById(graph);
  const counts = new Map<string, number>();
  for (const node of graph.nodes)
    if (node.kind === 'call') counts.set(node.op.kind, (counts.get(node.op.kind) ?? 0) + 1);
  return {
    inputs: graph.nodes.flatMap((n) => (n.kind === 'input' ? [portOf(n.name, n)] : [])),
    outputs: graph.outputs.map(({ name, id }) => portOf(name, byId.get(id) ?? bug(`output "${name}" is not defined`))),
    operators: Array.from(counts, ([op, count]) => ({ op, count })).sort(
      (a, b) => b.count - a.count || (a.op < b.op ? -1 : 1),
    ),
    layers: Array.from(weightsOf(graph).values(), (weights) => inspectLayer(weights, byId)),
  };
}

const portOf = (name: string, { type: { dtype, shape } }: Node): PortReport => ({ name, dtype, shape });

function inspectLayer(weights: Weights, byId: ReadonlyMap<Id, Node>): InspectedLayer {
  const { call, constant, matrix } = weights;
  const constants = Object.values(operandsOf(call, byId)).filter((node) => node.kind === 'constant');
  const { offers, refused } = offersFor(weights);
  return {
    name: nameOf(call),
    op: call.op.kind,
    shape: constant.type.shape,
    output: call.type.shape,
    parameters: constants.reduce((sum, node) => sum + elements(node.type.shape), 0),
    macs: macsOf(call, typesOf(call, byId)),
    zeros: matrix.data.length - countLive(matrix),
    formats: [
      ...offers.map(({ encoding, cost }) => ({ format: printEncoding(encoding), bytes: cost.bytes })),
      ...refused.map(({ encoding, reason }) => ({ format: printEncoding(encoding), reason })),
    ],
  };
}
