/** Values that need no array of their own: a plain reshape of a plain value is the same memory. */
import type { Graph, Id } from '../graph/graph.ts';
import { nodesById } from '../graph/graph.ts';

/** Each such value, with the value whose array it shares. An array serves as one port at most. */
export function aliases(graph: Graph): ReadonlyMap<Id, Id> {
  const byId = nodesById(graph);
  const root = new Map<Id, Id>();
  const outputs = new Set(graph.outputs.map((o) => o.id));
  const isPort = new Set(graph.nodes.filter((n) => n.kind !== 'call' || outputs.has(n.id)).map((n) => n.id));
  for (const node of graph.nodes) {
    if (node.kind !== 'call' || node.op.kind !== 'reshape') continue;
    const [from] = node.inputs;
    if (node.type.layout.kind !== 'plain' || byId.get(from)?.type.layout.kind !== 'plain') continue;
    const shared = root.get(from) ?? from;
    if (outputs.has(node.id) && isPort.has(shared)) continue;
    if (outputs.has(node.id)) isPort.add(shared);
    root.set(node.id, shared);
  }
  return root;
}
