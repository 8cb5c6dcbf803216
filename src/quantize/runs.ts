/** Runs of a graph of real numbers: what a quantised one is compared with. */
import type { Named } from '../graph/evaluate.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Graph, Id, Node } from '../graph/graph.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { elements } from '../tensor/type.ts';

/** One run: what it was given, what each call of real numbers came to, and what it gave. */
export interface Run {
  readonly inputs: Named;
  readonly values: ReadonlyMap<Id, Numbers>;
  readonly outputs: Named;
}

export function runOf(graph: Graph, inputs: Named, watch?: (node: Node, data: Numbers) => void): Run {
  const values = new Map<Id, Numbers>();
  const outputs = evaluate(graph, inputs, {
    watch(node, data) {
      if (isCompared(node)) values.set(node.id, data);
      watch?.(node, data);
    },
  });
  return { inputs, values, outputs };
}

/** One after the other, so that no two need to be held. */
export function* runsOf(graph: Graph, samples: readonly Named[]): Generator<Run> {
  for (const inputs of samples) yield runOf(graph, inputs);
}

const isCompared = ({ kind, type }: Node): boolean => kind === 'call' && type.dtype === 'f32';

const mostRuns = 32;
/** 256 MB of f32. */
const mostNumbers = 2 ** 26;

/** Those samples whose runs are compared: fewer where values are large, at least one, spread over all. */
export function comparedOf(graph: Graph, samples: readonly Named[]): readonly Named[] {
  const numbers = graph.nodes.filter(isCompared).reduce((sum, { type }) => sum + elements(type.shape), 1);
  return spread(samples, Math.min(Math.max(Math.floor(mostNumbers / numbers), 1), mostRuns));
}

/** At most so many of a list, evenly. */
export const spread = <T>(list: readonly T[], most: number): readonly T[] =>
  list.length <= most ? list : Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]);
