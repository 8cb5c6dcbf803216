/** Values that need no array of their own: a reshape of a value is often the same memory. */
import type { Graph, Id } from '../graph/graph.ts';
import { nodesById } from '../graph/graph.ts';
import type { TensorType } from '../tensor/type.ts';
import { pictureOf, sameLayout } from '../tensor/type.ts';

/** Each such value, with the value whose array it shares. An array serves as one port at most. */
export function aliases(graph: Graph): ReadonlyMap<Id, Id> {
  const byId = nodesById(graph);
  const root = new Map<Id, Id>();
  const outputs = new Set(graph.outputs.map((o) => o.id));
  const isPort = new Set(graph.nodes.filter((n) => n.kind !== 'call' || outputs.has(n.id)).map((n) => n.id));
  for (const node of graph.nodes) {
    if (node.kind !== 'call' || node.op.kind !== 'reshape') continue;
    const [from] = node.inputs;
    const given = byId.get(from)?.type;
    if (!given || !sameMemory(given, node.type)) continue;
    const shared = root.get(from) ?? from;
    if (outputs.has(node.id) && isPort.has(shared)) continue;
    if (outputs.has(node.id)) isPort.add(shared);
    root.set(node.id, shared);
  }
  return root;
}

/** Whether the same elements in two shapes lie alike: plain ones do, and those of equal pictures in panels and pieces. */
export function sameMemory(a: TensorType, b: TensorType): boolean {
  if (!sameLayout(a.layout, b.layout)) return false;
  if (a.layout.kind === 'plain') return true;
  const [p, q] = [pictureOf(a.shape), pictureOf(b.shape)];
  return p.images === q.images && p.pixels === q.pixels && p.channels === q.channels;
}
