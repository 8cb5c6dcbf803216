/** How far results move when weights become others: of each layer by itself, and of the whole graph. */
import type { Named } from '../graph/evaluate.ts';
import { evaluate, evaluateCall } from '../graph/evaluate.ts';
import type { Graph, Id } from '../graph/graph.ts';
import { inputsOf, nodesById } from '../graph/graph.ts';
import type { Value } from '../ops/rules.ts';
import { relativeError } from './decompose.ts';

export interface OutputErrors {
  /** ‖y − ŷ‖ / ‖y‖ of each call that was named, given what it is given before; null where that is no number. */
  readonly calls: ReadonlyMap<Id, number | null>;
  /** The same of each output of the graph, by name, when all weights are the other ones. */
  readonly outputs: Readonly<Record<string, number | null>>;
}

/** `after` has the nodes of `before`, some constants being others. */
export function outputErrors(before: Graph, after: Graph, ids: Iterable<Id>, inputs: Named): OutputErrors {
  const changed = new Set(ids);
  const others = nodesById(after);
  const needed = new Set(before.nodes.flatMap((node) => (changed.has(node.id) ? inputsOf(node) : [])));
  const lastUse = new Map(
    before.nodes.flatMap((node) => (changed.has(node.id) ? inputsOf(node).map((id) => [id, node.id]) : [])),
  );
  const values = new Map<Id, Value>();
  const calls = new Map<Id, number | null>();
  const outputs = evaluate(before, inputs, {
    watch(node, data) {
      const other = others.get(node.id);
      if (needed.has(node.id))
        values.set(node.id, { type: node.type, data: other?.kind === 'constant' ? other.data : data });
      if (node.kind !== 'call' || !changed.has(node.id)) return;
      const given = node.inputs.flatMap((id) => values.get(id) ?? []);
      calls.set(node.id, finite(relativeError(data, evaluateCall(node, given))));
      for (const id of node.inputs) if (lastUse.get(id) === node.id) values.delete(id);
    },
  });
  const moved = evaluate(after, inputs);
  return {
    calls,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, y]) => [name, finite(relativeError(y, moved[name]))]),
    ),
  };
}

const finite = (error: number): number | null => (Number.isFinite(error) ? error : null);
