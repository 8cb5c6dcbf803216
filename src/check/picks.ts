/**
 * Outputs that depend on which values are the largest. Of two scores that are equal but for rounding either may come
 * first, and everything after them changes places. So such outputs are compared with what the reference picks from the
 * artefact's own scores, and the scores themselves with the reference's.
 */

import type { Named } from '../graph/evaluate.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Call, Graph, Id, Input, Node } from '../graph/graph.ts';
import { inputsOf } from '../graph/graph.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { plain } from '../tensor/type.ts';
import { relativeError } from './compare.ts';

const isPick = (node: Node): boolean => node.kind === 'call' && node.op.kind === 'top-k';

/** Names of the outputs that depend on a pick. */
export function pickedOutputs({ nodes, outputs }: Graph): ReadonlySet<string> {
  const picked = new Set<Id>();
  for (const node of nodes)
    if (isPick(node) || (node.kind === 'call' && node.inputs.some((id) => picked.has(id)))) picked.add(node.id);
  return new Set(outputs.filter(({ id }) => picked.has(id)).map(({ name }) => name));
}

export interface Picked {
  /** What the graph gives when it picks from the artefact's scores. */
  readonly outputs: Named;
  /** How far those scores are from the graph's own. */
  readonly scoreError: number;
}

/** Evaluates the graph with the values that the artefact computed (`valueOf`) in place of the scores that are picked from. */
export function pickFrom(graph: Graph, inputs: Named, valueOf: (id: Id) => Numbers): Picked {
  const scores = scoresIn(graph);
  let scoreError = 0;
  evaluate(graph, inputs, {
    watch: ({ id }, data) => {
      if (scores.has(id)) scoreError = Math.max(scoreError, relativeError(valueOf(id), data));
    },
  });
  const given = Array.from(scores.keys(), (id) => [inputFor(id), valueOf(id)] as const);
  return { outputs: evaluate(cutAt(graph, scores), { ...inputs, ...Object.fromEntries(given) }), scoreError };
}

/** The computed values that are picked from, by id. */
function scoresIn({ nodes }: Graph): ReadonlyMap<Id, Call> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const scores = nodes.filter(isPick).map((node) => byId.get(inputsOf(node)[0]));
  return new Map(scores.flatMap((node) => (node?.kind === 'call' ? [[node.id, node]] : [])));
}

/** No model has an input of this name: names of inputs never begin with it unless they are ids of ours. */
const inputFor = (id: Id): string => `%${id}`;

/** The graph that is given these values instead of computing them. */
function cutAt(graph: Graph, values: ReadonlyMap<Id, Call>): Graph {
  const nodes = graph.nodes.map((node): Node => {
    const value = values.get(node.id);
    if (!value) return node;
    const { id, type } = value;
    return { kind: 'input', id, name: inputFor(id), type: { ...type, layout: plain } } satisfies Input;
  });
  return { ...graph, nodes };
}
