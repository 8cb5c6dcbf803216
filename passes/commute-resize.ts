/** A 1x1 convolution after a resize runs before it, on fewer pixels. */
import type { Call, Graph, Id } from '../src/graph/graph.ts';
import { useCounts } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Pass } from '../src/pass.ts';
import { elements } from '../src/tensor/type.ts';
import type { Layer } from './matching/layers.ts';
import { layerOf, residualOf } from './matching/layers.ts';
import type { Resizing } from './matching/resized.ts';
import { resizeBefore } from './matching/resized.ts';
import { untilStable } from './matching/stable.ts';
import { withoutActivation } from './matching/unfused.ts';

/** What one number costs in multiply-adds: interpolated between four, and activated in a step of its own. */
const interpolated = 8;
const activated = 2;

/**
 * Both are linear, and one works within a pixel and the other within a channel. The four weights of an interpolation
 * add up to 1, so the bias may come first as well; an activation may not, except before a nearest neighbour.
 */
export const commuteResize: Pass = {
  name: 'commute-resize',
  doc: 'runs a 1x1 convolution before the resize that alone feeds it, where that is less work',

  run: (graph) => untilStable(graph, commute),
};

function commute(graph: Graph): Graph {
  const uses = useCounts(graph);
  return rewriteNodes(graph, (node, emitter) => {
    const layer = layerOf(node, emitter.byId);
    const resizing = layer && resizeBefore(layer, emitter.byId, uses);
    if (node.kind !== 'call' || !resizing || residualOf(node) !== undefined) return node;
    return swapped(node, layer, resizing, emitter) ?? node;
  });
}

function swapped(node: Call, layer: Layer, { call, op }: Resizing, emitter: Emitter): Call | undefined {
  const { byId, emit, fresh } = emitter;
  const from = byId.get(call.inputs[0])?.type.shape ?? [];
  const [n, h, w, inputs] = from;
  const { outputs, weights } = layer;
  const nearest = op.method === 'nearest';
  const bends = !nearest && layer.call.op.activation !== 'none';
  const [few, many] = [n * h * w, elements(call.type.shape) / inputs];
  const perNumber = nearest ? 1 : interpolated;
  const kept: ArrayLike<number> = weights.mask ?? weights.data;
  const live = Array.from(kept).filter((v) => v !== 0).length;
  const before = many * (live + perNumber * inputs);
  const after = few * live + many * outputs * (perNumber + (bends ? activated : 0));
  if (after >= before) return undefined;
  const small = (id: Id): Call => ({
    ...node,
    id,
    inputs: [call.inputs[0], ...node.inputs.slice(1)],
    type: { ...node.type, shape: [n, h, w, outputs] },
  });
  const resized = (id: Id, x: Id): Call => ({ ...call, id, inputs: [x], type: node.type });
  if (!bends) return resized(node.id, emit(small(fresh(node.id))));
  const { bare, activate } = withoutActivation(small(fresh(node.id)));
  return activate(emit(resized(fresh(call.id), emit(bare))), { ...node });
}
