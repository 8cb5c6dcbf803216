/** Rebuilding graphs: the one loop that passes share. */

import { bug } from '../diagnostic.ts';
import { rulesOf } from '../ops/index.ts';
import type { Call, Graph, Id, Node } from './graph.ts';
import { inputsOf } from './graph.ts';

/** What a rewriter may use while it looks at a node. */
export interface Emitter {
  /** The new nodes so far, by id. */
  readonly byId: ReadonlyMap<Id, Node>;
  /** Puts another node before the one being looked at. */
  emit(node: Node): Id;
  /** An id that nothing has, made from a readable stem. */
  fresh(stem: string): Id;
}

/**
 * Rebuilds the graph node by node, inputs first. `rewrite` returns the node to keep, or the id of an
 * earlier value to use instead, and may emit new nodes before it. Nodes left without a use are dropped;
 * inputs stay. Returns `graph` itself when nothing changed.
 */
export function rewriteNodes(graph: Graph, rewrite: (node: Node, emitter: Emitter) => Node | Id): Graph {
  const taken = new Set(graph.nodes.map((n) => n.id));
  const instead = new Map<Id, Id>();
  const byId = new Map<Id, Node>();
  const nodes: Node[] = [];
  const emit = (node: Node): Id => {
    nodes.push(node);
    byId.set(node.id, node);
    return node.id;
  };
  const fresh = (stem: string): Id => {
    let id = stem;
    for (let n = 1; taken.has(id); n++) id = `${stem}_${n}`;
    taken.add(id);
    return id;
  };
  const follow = (id: Id): Id => instead.get(id) ?? id;
  for (const node of graph.nodes) {
    const moved = inputsOf(node).some((id) => instead.has(id));
    const result = rewrite(node.kind === 'call' && moved ? { ...node, inputs: node.inputs.map(follow) } : node, {
      byId,
      emit,
      fresh,
    });
    if (typeof result === 'string') instead.set(node.id, follow(result));
    else emit(result);
  }
  if (nodes.length === graph.nodes.length && nodes.every((n, i) => n === graph.nodes[i])) return graph;
  return dropUnused({ ...graph, nodes, outputs: graph.outputs.map((o) => ({ ...o, id: follow(o.id) })) });
}

/** Without the nodes that no output needs; inputs stay, since callers supply them. */
export function dropUnused(graph: Graph): Graph {
  const live = new Set(graph.outputs.map((o) => o.id));
  for (const node of graph.nodes.toReversed()) if (live.has(node.id)) for (const id of inputsOf(node)) live.add(id);
  const nodes = graph.nodes.filter((n) => n.kind === 'input' || live.has(n.id));
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes };
}

/** The call with its type inferred anew from the types of its inputs, keeping the layout that it has. */
export function retyped(call: Call, byId: ReadonlyMap<Id, Node>): Call {
  const { operands, infer } = rulesOf(call.op);
  const types = Object.fromEntries(
    operands(call.op).map((name, i) => [
      name,
      byId.get(call.inputs[i])?.type ?? bug(`%${call.id} uses %${call.inputs[i]} before it is defined`),
    ]),
  );
  const type = infer(call.op, types);
  if (typeof type === 'string') return bug(`%${call.id} cannot be typed: "${call.op.kind}" ${type}`);
  return { ...call, type: { ...type, layout: call.type.layout } };
}
