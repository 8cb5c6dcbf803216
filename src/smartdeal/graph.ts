/** Weights of a graph's layers made of powers of two and small bases. Nothing else in the graph changes. */
import type { Constant, Graph, Id } from '../graph/graph.ts';
import { rewriteNodes } from '../graph/rewrite.ts';
import type { Layer, LayerKind } from '../prune/layers.ts';
import { layersOf, namesOf } from '../prune/layers.ts';
import { withQuantity } from '../tensor/quantity.ts';
import type { Shape } from '../tensor/type.ts';
import type { LayerOptions, Made } from './decompose.ts';
import { bitsOf, decompose, relativeError, splitFor } from './decompose.ts';
import type { FitOptions } from './fit.ts';
import type { SavedLayer } from './saved.ts';
import { fromSaved } from './saved.ts';
import type { Split } from './units.ts';
import type { VectorPruning } from './vectors.ts';

export interface DecomposeOptions extends FitOptions {
  /** What is pruned before: of all convolutions, or of each layer in the order of the graph. */
  readonly vectors?:
    | VectorPruning
    | (Omit<VectorPruning, 'amount'> & { readonly amounts: readonly number[] })
    | undefined;
  readonly kinds: readonly LayerKind[];
  /** Why a layer is left as it is by the names it has, that of the layer and that of its weights; undefined where it is not. */
  readonly spared: (names: readonly string[]) => string | undefined;
  /** Layers that were decomposed elsewhere, by their place in the graph: they alone change then. */
  readonly saved?: ReadonlyMap<number, SavedLayer> | undefined;
}

/** What became of one layer. */
export interface LayerDecomposition {
  /** As the user named it. Not to be trusted. */
  readonly name: string;
  readonly op: string;
  /** Of the weights: [o, kh, kw, i] or [out, in]. */
  readonly shape: Shape;
  readonly weights: number;
  /** By the paper's count; null where the layer was left as it was. */
  readonly bits: number | null;
  /** ‖W − Ŵ‖ / ‖W‖. */
  readonly weightError: number | null;
  /** Coefficients of a saved layer that codes of 4 bits cannot say, and that are 0 now. */
  readonly dropped: number;
  /** Why it was left as it was, as the rest of a sentence; null where it was not. */
  readonly reason: string | null;
}

export interface Decomposed {
  readonly graph: Graph;
  readonly layers: readonly LayerDecomposition[];
  /** The calls whose weights are others now, by their places in `layers`. */
  readonly calls: ReadonlyMap<Id, number>;
}

export function decomposeGraph(graph: Graph, options: DecomposeOptions): Decomposed {
  const changed = new Map<Id, Constant>();
  const calls = new Map<Id, number>();
  const layers = layersOf(graph).map((layer, place): LayerDecomposition => {
    const { weights, call } = layer;
    const { shape } = weights.type;
    const common = { name: layer.name, op: call.op.kind, shape, weights: weights.data.length };
    const made = decomposeLayer(layer, place, options);
    if (typeof made === 'string') return { ...common, bits: null, weightError: null, dropped: 0, reason: made };
    const { mask: _all, ...plain } = weights;
    changed.set(weights.id, { ...plain, type: withQuantity(weights.type, made.quantity), data: made.data });
    calls.set(call.id, place);
    const bits = bitsOf(made.quantity.decomposition);
    return {
      ...common,
      bits,
      weightError: relativeError(weights.data, made.data),
      dropped: made.dropped ?? 0,
      reason: null,
    };
  });
  return { graph: rewriteNodes(graph, (node) => changed.get(node.id) ?? node), layers, calls };
}

function decomposeLayer(
  layer: Layer,
  place: number,
  { vectors, saved, ...options }: DecomposeOptions,
): (Made & { readonly dropped?: number }) | string {
  const { weights, matrix } = layer;
  const { shape } = weights.type;
  const split = judge(layer, options);
  if (typeof split === 'string') return split;
  if (saved) {
    const own = saved.get(place);
    return own ? fromSaved(own, shape, split) : 'is not in the decomposition';
  }
  const own: LayerOptions = {
    ...options,
    vectors: vectors && ('amount' in vectors ? vectors : { ...vectors, amount: vectors.amounts[place] ?? 0 }),
  };
  const live = matrix?.mask
    ? Float32Array.from(matrix.data, (v, at) => (matrix.mask?.[at] === 1 ? v : 0))
    : matrix?.data;
  return live ? decompose(live, shape, split, own) : 'has weights that are whole numbers';
}

function judge(layer: Layer, { kinds, spared }: Pick<DecomposeOptions, 'kinds' | 'spared'>): Split | string {
  const { call, weights, kind, matrix } = layer;
  const named = spared(namesOf(layer));
  if (named !== undefined) return named;
  if (!kinds.includes(kind)) return `is ${kind === 'conv' ? 'a convolution' : 'a dense layer'}`;
  if (call.op.kind === 'conv-transpose2d') return 'is a transposed convolution';
  if (layer.shared) return 'shares its weights with an operator that is no layer';
  if (weights.type.quantity?.decomposition) return 'is decomposed already';
  if (!matrix) return 'has weights that are whole numbers';
  return splitFor(weights.type.shape, matrix.data);
}
