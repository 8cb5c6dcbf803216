/** The meaning of a graph: what every pass must keep and every target must compute. */
import { bug } from '../diagnostic.ts';
import { rulesOf } from '../ops/index.ts';
import type { Value } from '../ops/rules.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Call, Graph, Id, Node } from './graph.ts';
import { inputsOf } from './graph.ts';

/** Plain data by the user's names of inputs or outputs. */
export type Named = Readonly<Record<string, Numbers>>;

export interface Watched {
  /** Called with each value as it is computed. */
  readonly watch?: (node: Node, data: Numbers) => void;
}

/** Runs the graph on plain inputs, by name; gives plain outputs, by name. */
export function evaluate(graph: Graph, inputs: Named, { watch }: Watched = {}): Named {
  const values = new Map<Id, Value>();
  const valueOf = (id: Id): Value => values.get(id) ?? bug(`%${id} has no value`);
  const compute = (node: Node): Numbers => {
    if (node.kind === 'input') return inputs[node.name] ?? bug(`no value for input "${node.name}"`);
    return node.kind === 'constant' ? node.data : evaluateCall(node, node.inputs.map(valueOf));
  };
  const lastUse = new Map(graph.nodes.flatMap((node) => inputsOf(node).map((id) => [id, node.id])));
  const kept = new Set(graph.outputs.map((o) => o.id));
  for (const node of graph.nodes) {
    const data = compute(node);
    values.set(node.id, { type: node.type, data });
    watch?.(node, data);
    for (const id of inputsOf(node)) if (lastUse.get(id) === node.id && !kept.has(id)) values.delete(id);
  }
  return Object.fromEntries(graph.outputs.map(({ name, id }) => [name, valueOf(id).data]));
}

/** One call on the values of its inputs, in order. */
export function evaluateCall({ op, type }: Pick<Call, 'op' | 'type'>, inputs: readonly Value[]): Numbers {
  const { operands, evaluate: meaning } = rulesOf(op);
  return meaning(op, Object.fromEntries(operands(op).map((name, i) => [name, inputs[i]])), type);
}
