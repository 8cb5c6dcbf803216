/** Every layer's weights get the format that is cheapest on the target. */
import type { Call, Constant, Graph, Id } from '../src/graph/graph.ts';
import { nodesById, operandsOf } from '../src/graph/graph.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Weights } from '../src/graph/weights.ts';
import { weightsOf } from '../src/graph/weights.ts';
import { rulesOf } from '../src/ops/index.ts';
import type { Pass } from '../src/pass.ts';
import type { Offer } from '../src/plan/offers.ts';
import { offersFor } from '../src/plan/offers.ts';
import type { Target, Work } from '../src/target.ts';
import type { Encoding } from '../src/tensor/type.ts';

/**
 * `offersFor` tells a report what was on offer and what was refused, and `workOf` what the target was asked to price.
 * Layers that share a constant share its format, the one whose prices add up to least; where they see it as
 * different matrices, each gets a copy.
 */
export const chooseFormats = (price: Target['price']): Pass => ({
  name: 'choose-formats',
  doc: 'stores each weight in the format that the target prices lowest',

  run(graph) {
    const choice = new Map<Id, Choice>();
    for (const group of groupsOf(graph)) {
      const chosen: Choice = { encoding: cheapest(group, graph, price), copies: group.copy };
      for (const { call } of group.weights) choice.set(call.id, chosen);
    }
    const made = new Map<Choice, Id>();
    const encoded = rewriteNodes(graph, (node, { byId, emit, fresh }) => {
      const chosen = node.kind === 'call' ? choice.get(node.id) : undefined;
      if (!chosen || node.kind !== 'call') return node;
      const at = rulesOf(node.op).operands(node.op).indexOf('weights');
      const constant = byId.get(node.inputs[at]);
      if (constant?.kind !== 'constant' || !chosen.copies) return node;
      const id = made.get(chosen) ?? emit({ ...constant, id: fresh(constant.id) });
      made.set(chosen, id);
      return { ...node, inputs: node.inputs.map((input, i) => (i === at ? id : input)) };
    });
    const encodings = new Map<Id, Encoding>();
    for (const { call, constant } of weightsOf(encoded).values()) {
      const chosen = choice.get(call.id);
      if (chosen) encodings.set(constant.id, chosen.encoding);
    }
    return rewriteNodes(encoded, (node) => {
      const encoding = encodings.get(node.id);
      return !encoding || sameEncoding(encoding, node.type.encoding)
        ? node
        : { ...node, type: { ...node.type, encoding } };
    });
  },
});

interface Choice {
  readonly encoding: Encoding;
  readonly copies: boolean;
}

/** Calls that see one constant as the same matrix. */
interface Group {
  readonly constant: Constant;
  readonly weights: readonly Weights[];
  /** Another group has the constant already. */
  readonly copy: boolean;
}

function groupsOf(graph: Graph): readonly Group[] {
  const groups = new Map<string, Weights[]>();
  for (const weights of weightsOf(graph).values()) {
    const { rows, columns, run } = weights.matrix;
    const key = [weights.constant.id, rows, columns, run].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), weights]);
  }
  const taken = new Set<Id>();
  return [...groups.values()].map((weights) => {
    const [{ constant }] = weights;
    const copy = taken.has(constant.id);
    taken.add(constant.id);
    return { constant, weights, copy };
  });
}

function cheapest({ weights }: Group, graph: Graph, price: Target['price']): Encoding {
  const { offers } = offersFor(weights[0]);
  const byId = nodesById(graph);
  const priceOf = (offer: Offer): number =>
    weights.reduce((sum, { call }) => sum + price(workOf(call, offer, byId)), 0);
  return offers
    .map((offer) => ({ offer, price: priceOf(offer) }))
    .reduce((best, next) => (next.price < best.price ? next : best)).offer.encoding;
}

/** What a target prices: `call` with its weights stored as `offer` says. */
export function workOf(call: Call, { encoding, cost }: Offer, byId: ReturnType<typeof nodesById>): Work {
  const operands = operandsOf(call, byId);
  const types = Object.fromEntries(Object.entries(operands).map(([name, node]) => [name, node.type]));
  const macs = rulesOf(call.op).macs?.(call.op, types, call.type) ?? 0;
  const count = types.weights.shape.reduce((n, d) => n * d, 1);
  return { call, types, encoding, cost, reuse: macs / count };
}

const sameEncoding = (a: Encoding, b: Encoding): boolean =>
  a.format === b.format &&
  Object.keys(a.params).length === Object.keys(b.params).length &&
  Object.entries(a.params).every(([key, value]) => b.params[key] === value);
