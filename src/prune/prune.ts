/** Sets weights of a graph's layers to zero, in a pattern. Nothing else in the graph changes. */
import type { Constant, Graph, Id } from '../graph/graph.ts';
import { rewriteNodes } from '../graph/rewrite.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { countLive, liveness } from '../tensor/matrix.ts';
import { withoutUnits } from '../tensor/quantity.ts';
import type { Shape } from '../tensor/type.ts';
import type { Layer, LayerKind } from './layers.ts';
import { layersOf, namesOf } from './layers.ts';
import type { Exemption, Mask, Pruner } from './pruner.ts';
import type { Scope } from './scope.ts';
import { budgetsFor } from './scope.ts';

export interface PruneOptions {
  readonly pruner: Pruner;
  /** Of no concern where the pattern itself says how much is kept. */
  readonly scope: Scope;
  readonly exempt: readonly Exemption[];
  readonly kinds: readonly LayerKind[];
  /** Why a layer is left as it is by the names it has, that of the layer and that of its weights; undefined where it is not. */
  readonly spared: (names: readonly string[]) => string | undefined;
}

/** What became of one layer. */
export interface LayerPruning {
  /** As the user named it. Not to be trusted. */
  readonly name: string;
  readonly op: string;
  /** Of the weights: [o, kh, kw, i] or [out, in]. */
  readonly shape: Shape;
  readonly weights: number;
  /** How many of them were zero, and how many are. */
  readonly zerosBefore: number;
  readonly zerosAfter: number;
  /** The sum of the squares that are kept, as a share of the sum of all; null where that is no number. */
  readonly kept: number | null;
  /** Why it was left as it was, as the rest of a sentence; null where it was pruned. */
  readonly reason: string | null;
}

export interface Pruning {
  readonly graph: Graph;
  readonly layers: readonly LayerPruning[];
}

export function pruneGraph(graph: Graph, options: PruneOptions): Pruning {
  const { pruner, scope } = options;
  const layers = layersOf(graph).map((layer) => ({ layer, ...judge(layer, options) }));
  const taken = layers.flatMap(({ layer, matrix }) => (matrix ? [{ shape: layer.weights.type.shape, matrix }] : []));
  const budgets = pruner.kind === 'ranked' ? budgetsFor(scope, taken, pruner) : [];
  const pruned = new Map<Id, Constant>();
  let next = 0;
  const rows = layers.map(({ layer, matrix, reason }): LayerPruning => {
    if (!matrix) return reportLayer(layer, undefined, reason);
    const mask = pruner.kind === 'ranked' ? pruner.keep(matrix, budgets[next++]) : pruner.keep(matrix);
    const weights = withMask(layer.weights, matrix, mask);
    pruned.set(weights.id, weights);
    return reportLayer(layer, weights, null);
  });
  return { graph: rewriteNodes(graph, (node) => pruned.get(node.id) ?? node), layers: rows };
}

type Judgement =
  | { readonly matrix: Matrix; readonly reason: null }
  | { readonly matrix: undefined; readonly reason: string };

function judge(layer: Layer, { pruner, exempt, kinds, spared }: PruneOptions): Judgement {
  const { matrix, kind } = layer;
  const named = spared(namesOf(layer));
  const odd = exempt.find((exemption) => layer[exemption]);
  const reason =
    named ??
    (kinds.includes(kind) ? undefined : `is ${kind === 'conv' ? 'a convolution' : 'a dense layer'}`) ??
    (odd && asReason[odd]) ??
    (layer.shared ? 'shares its weights with an operator that is no layer' : undefined);
  if (reason !== undefined) return { matrix: undefined, reason };
  if (!matrix) return { matrix: undefined, reason: 'has weights that are whole numbers' };
  const refused = pruner.refuse(matrix);
  return refused === undefined ? { matrix, reason: null } : { matrix: undefined, reason: refused };
}

const asReason: Readonly<Record<Exemption, string>> = {
  first: 'is a first layer',
  last: 'is a last layer',
  depthwise: 'is depthwise',
};

/** Weights that a mask had cut before stay cut, whatever they are under it. */
function withMask(weights: Constant, matrix: Matrix, keep: Mask): Constant {
  const live = liveness(matrix);
  const data = matrix.data.slice();
  for (let at = 0; at < data.length; at++) if (keep[at] === 0 || live[at] === 0) data[at] = 0;
  const type = withoutUnits(weights.type);
  if (!weights.mask) return { ...weights, type, data };
  return { ...weights, type, data, mask: live.map((l, at) => l & keep[at]) };
}

function reportLayer({ call, name, weights, matrix }: Layer, pruned: Constant | undefined, reason: string | null) {
  const { shape } = weights.type;
  const total = weights.data.length;
  const zerosBefore = matrix ? total - countLive(matrix) : weights.data.filter((w) => w === 0).length;
  const common = { name, op: call.op.kind, shape, weights: total, zerosBefore, reason };
  if (!pruned || !matrix) return { ...common, zerosAfter: zerosBefore, kept: 1 };
  const { mask } = pruned;
  const data = pruned.data as Float32Array<ArrayBuffer>;
  return {
    ...common,
    zerosAfter: total - countLive({ ...matrix, data, ...(mask && { mask }) }),
    kept: shareOf(data, matrix),
  };
}

function shareOf(pruned: Float32Array, matrix: Matrix): number | null {
  const live = liveness(matrix);
  let [some, all] = [0, 0];
  for (let at = 0; at < pruned.length; at++) {
    some += pruned[at] * pruned[at];
    if (live[at] === 1) all += matrix.data[at] * matrix.data[at];
  }
  const share = all === 0 ? 1 : some / all;
  return Number.isFinite(share) ? share : null;
}
