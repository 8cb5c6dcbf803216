/** What transposes cost. */
import type { Graph, Id } from '../../src/graph/graph.ts';
import { inputsOf } from '../../src/graph/graph.ts';
import { elements } from '../../src/tensor/type.ts';
import { alikeIn, compose, samePerm } from '../matching/axes.ts';
import type { Perm, Values } from './roots.ts';
import { isTranspose } from './roots.ts';

/** The price of bringing a value from one order of its axes into another. */
export type Price = (root: Id, from: Perm, to: Perm) => number;

const reach = 64;
const perElement = 2 * reach;

/**
 * Elements moved count most. Of places that move equally many, the one furthest from layers with weights is the
 * cheapest: what stands between a layer and a transpose can become part of the layer. Where only axes of size one
 * move, it is a reshape.
 */
export function priceOf(values: Values): Price {
  const far = distances(values);
  return (root, from, to) => {
    if (samePerm(from, to)) return 0;
    const shape = values.shapeOf(root);
    if (alikeIn(shape, from, to)) return 1;
    return elements(shape) * perElement + 1 + reach - Math.min(far.get(root) ?? reach, reach);
  };
}

/** What all transposes of a graph cost. */
export function total(values: Values): number {
  const price = priceOf(values);
  return values.graph.nodes.reduce((sum, node) => {
    if (!isTranspose(node)) return sum;
    const { root, perm } = values.seen(node.inputs[0]);
    return values.isConstant(root) ? sum + 1 : sum + price(root, perm, compose(perm, node.op.perm));
  }, 0);
}

/** Calls between each value and the nearest layer with weights, up or down, transposes not counted. */
function distances({ graph, seen, byId }: Values): ReadonlyMap<Id, number> {
  const near = new Map<Id, Id[]>();
  const link = (a: Id, b: Id): void => {
    const known = near.get(a);
    if (known) known.push(b);
    else near.set(a, [b]);
  };
  for (const node of graph.nodes)
    if (!isTranspose(node))
      for (const id of inputsOf(node)) {
        const { root } = seen(id);
        if (byId.get(root)?.kind === 'constant') continue;
        link(root, node.id);
        link(node.id, root);
      }
  const far = new Map(graph.nodes.filter(isLayer).map(({ id }) => [id, 0]));
  const pending = [...far.keys()];
  for (let id = pending.shift(); id !== undefined; id = pending.shift()) {
    const next = (far.get(id) ?? 0) + 1;
    for (const other of near.get(id) ?? [])
      if (!far.has(other)) {
        far.set(other, next);
        pending.push(other);
      }
  }
  return far;
}

const isLayer = (node: Graph['nodes'][number]): boolean => node.kind === 'call' && 'activation' in node.op;
