/** Makes every port an array of its own: callers own inputs, constants are read-only, and no array serves two ports. */
import type { Call, Graph, Id, Node } from '../graph/graph.ts';
import type { Layout } from '../tensor/type.ts';
import { dense, plain } from '../tensor/type.ts';

/**
 * The graph with copies where an output is not a plain call of its own, or an input is not plain. Returns `graph`
 * itself where there is nothing to do.
 */
export function ownPorts(graph: Graph): Graph {
  const taken = new Set(graph.nodes.map((n) => n.id));
  const fresh = (stem: string): Id => {
    let id = stem;
    for (let n = 1; taken.has(id); n++) id = `${stem}_${n}`;
    taken.add(id);
    return id;
  };
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    if (node.kind !== 'input' || node.type.layout.kind === 'plain') return [node];
    const given: Node = { ...node, id: fresh(`${node.id}_in`), type: { ...node.type, layout: plain } };
    return [given, copyOf(given, node.id, node.type.layout)];
  });
  const byId = new Map(nodes.map((n) => [n.id, n]));
  const owned = new Set<Id>();
  const copies: Call[] = [];
  const outputs = graph.outputs.map((output) => {
    const node = byId.get(output.id);
    if (!node || (node.kind === 'call' && node.type.layout.kind === 'plain' && !owned.has(node.id))) {
      owned.add(output.id);
      return output;
    }
    const copy = copyOf(node, fresh(`${node.id}_out`), plain);
    copies.push(copy);
    return { ...output, id: copy.id };
  });
  const changed = copies.length > 0 || nodes.length > graph.nodes.length;
  return changed ? { ...graph, nodes: [...nodes, ...copies], outputs } : graph;
}

const copyOf = (from: Node, id: Id, layout: Layout): Call => ({
  kind: 'call',
  id,
  op: { kind: 'relayout' },
  inputs: [from.id],
  type: { ...from.type, layout, encoding: dense },
  ...(from.origin === undefined ? {} : { origin: from.origin }),
});
