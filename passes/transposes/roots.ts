/** Values seen past transposes: every value is a root with its axes in some order. */
import type { Call, Graph, Id, Node } from '../../src/graph/graph.ts';
import { nodesById } from '../../src/graph/graph.ts';
import type { Transpose } from '../../src/ops/transpose.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { compose, identity } from '../matching/axes.ts';
import type { ById } from '../matching/constants.ts';
import type { Views } from './views.ts';
import { viewsOf } from './views.ts';

/** Axis k of the transposed value is axis perm[k] of the value. */
export type Perm = readonly number[];

/** The value of `root`, its axes in the order `perm`. */
export interface Seen {
  readonly root: Id;
  readonly perm: Perm;
}

/** A call that reads a root, through transposes or not. */
export interface Reader extends Seen {
  readonly call: Call;
  readonly operand: number;
}

export interface Values {
  readonly graph: Graph;
  readonly byId: ById;
  /** Shapes as permutations see them: a row that stands for a picture counts as one. */
  shapeOf(id: Id): Shape;
  isViewed(id: Id): boolean;
  isConstant(id: Id): boolean;
  seen(id: Id): Seen;
  /** Who reads a root, in the order of the graph. */
  readersOf(root: Id): readonly Reader[];
  /** The transposes of a root, in the order of the graph. */
  transposes(root: Id): readonly Node[];
}

export const isTranspose = (node: Node | undefined): node is Call & { readonly op: Transpose } =>
  node?.kind === 'call' && node.op.kind === 'transpose';

export function valuesOf(graph: Graph): Values {
  const byId = nodesById(graph);
  const views: Views = viewsOf(graph, byId);
  const shapeOf = (id: Id): Shape => views.get(id) ?? byId.get(id)?.type.shape ?? [];
  const sources = new Map<Id, Seen>();
  const seen = (id: Id): Seen => sources.get(id) ?? { root: id, perm: identity(shapeOf(id).length) };
  const readers = new Map<Id, Reader[]>();
  const turned = new Map<Id, Node[]>();
  for (const node of graph.nodes) {
    if (isTranspose(node)) {
      const { root, perm } = seen(node.inputs[0]);
      sources.set(node.id, { root, perm: compose(perm, node.op.perm) });
      turned.set(root, [...(turned.get(root) ?? []), node]);
    } else if (node.kind === 'call') {
      for (const [operand, id] of node.inputs.entries()) {
        const from = seen(id);
        const known = readers.get(from.root) ?? [];
        known.push({ ...from, call: node, operand });
        readers.set(from.root, known);
      }
    }
  }
  return {
    graph,
    byId,
    shapeOf,
    isViewed: (id) => views.has(id),
    isConstant: (id) => byId.get(id)?.kind === 'constant',
    seen,
    readersOf: (root) => readers.get(root) ?? [],
    transposes: (root) => turned.get(root) ?? [],
  };
}
