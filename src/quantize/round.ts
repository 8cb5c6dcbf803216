/** Weights alone on a grid: the graph stays one of real numbers, and formats may store codes of few bits. */
import type { Constant, Graph, Id } from '../graph/graph.ts';
import { nodesById } from '../graph/graph.ts';
import { rewriteNodes } from '../graph/rewrite.ts';
import type { Kind } from '../ops/index.ts';
import { mostWhole } from '../tensor/decomposition.ts';
import type { Quantity } from '../tensor/quantity.ts';
import { wholesOf, withQuantity } from '../tensor/quantity.ts';
import type { Rounded } from './grids.ts';
import { realsOf, roundWeights, suits } from './grids.ts';
import type { Grid } from './options.ts';

/** Calls whose second operand are weights with a row for each output. */
export const weighted: ReadonlySet<Kind> = new Set<Kind>(['conv2d', 'conv-transpose2d', 'linear']);

export interface RoundedGraph {
  readonly graph: Graph;
  /** Real weights before and after, by the id of their constant. */
  readonly weights: ReadonlyMap<Id, { readonly before: Constant; readonly after: Float32Array<ArrayBuffer> }>;
}

/** Masks stay, and weights that the model quantises itself stay as they are. */
export function roundGraph(graph: Graph, grid: Grid): RoundedGraph {
  const byId = nodesById(graph);
  const weights = new Map<Id, { before: Constant; after: Float32Array<ArrayBuffer> }>();
  for (const node of graph.nodes) {
    const constant = node.kind === 'call' && weighted.has(node.op.kind) ? byId.get(node.inputs[1]) : undefined;
    if (constant?.kind !== 'constant' || !(constant.data instanceof Float32Array) || constant.type.quantity) continue;
    if (!isFinite(constant.data) || !suits(grid, constant.data)) continue;
    weights.set(constant.id, {
      before: constant,
      after: roundWeights(grid, constant.data, constant.type.shape[0]).reals,
    });
  }
  const changed = rewriteNodes(graph, (node) => {
    const made = weights.get(node.id);
    if (!made || node.kind !== 'constant' || !(node.data instanceof Float32Array)) return node;
    const { scales, reals, exact } = roundWeights(grid, node.data, node.type.shape[0]);
    const quantity: Quantity = { scale: scales, zero: scales.map(() => 0), axis: 0 };
    const kept = exact && wholesOf(quantity, node.type.shape, reals) ? quantity : undefined;
    return { ...node, type: withQuantity(node.type, kept), data: reals };
  });
  return { graph: changed, weights };
}

/** Weights for whole numbers: those that the model itself has, or else rounded to the grid. */
export const roundedBy =
  (grid: Grid | undefined) =>
  (weights: Constant, rows: number): Rounded | string => {
    const { type, data } = weights;
    if (!(data instanceof Float32Array)) return 'has weights that are not real numbers';
    if (type.quantity) {
      const own = ownWholes(weights, rows);
      if (own) return own;
    }
    if (!grid) return 'has weights without scales of 8 bits';
    return isFinite(data) ? roundWeights(grid, data, rows) : 'has weights that are not finite';
  };

function isFinite(data: Float32Array): boolean {
  for (let i = 0; i < data.length; i++) if (!(Math.abs(data[i]) < Infinity)) return false;
  return true;
}

function ownWholes({ type: { quantity, shape }, data }: Constant, rows: number): Rounded | undefined {
  if (!quantity || quantity.axis > 0) return undefined;
  const wholes = wholesOf(quantity, shape, data);
  if (!wholes) return undefined;
  const { scale, zero } = quantity;
  const at = (r: number): number => (quantity.axis < 0 ? 0 : r);
  const columns = data.length / rows;
  const steps = wholes.map((w, i) => w - zero[at(Math.floor(i / columns))]);
  // Those that are made of units are as wide as engines rebuild them.
  const [low, high] = quantity.decomposition ? [-mostWhole, mostWhole] : [-128, 127];
  if (steps.some((w) => w < low || w > high)) return undefined;
  const scales = Array.from({ length: rows }, (_, r) => scale[at(r)]);
  return { wholes: steps, scales, reals: realsOf(steps, scales), exact: true };
}
