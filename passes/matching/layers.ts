/** Layers: calls with weights, bias and activation, and what passes ask of them. */
import type { Call, Constant, Id, Node } from '../../src/graph/graph.ts';
import type { Emitter } from '../../src/graph/rewrite.ts';
import type { Op } from '../../src/ops/index.ts';
import type { ById, Floats } from './constants.ts';
import { floats, floatsOf } from './constants.ts';

export type LayerOp = Extract<Op, { readonly activation: unknown }>;

/** A layer whose weights and bias are known. Weights have one row for each output channel, whatever the operator. */
export interface Layer {
  readonly call: Call & { readonly op: LayerOp };
  readonly x: Id;
  readonly weights: Floats;
  readonly bias: Floats;
  /** Output channels. */
  readonly outputs: number;
}

export function layerOf(node: Node | undefined, byId: ById): Layer | undefined {
  if (node?.kind !== 'call' || !('activation' in node.op)) return undefined;
  const [x, w, b] = node.inputs;
  const [weights, bias] = [floatsOf(w, byId), floatsOf(b, byId)];
  if (!weights || !bias) return undefined;
  return { call: { ...node, op: node.op }, x, weights, bias, outputs: weights.type.shape[0] };
}

/** A layer without activation that `user` alone reads: what can take on more arithmetic. */
export function openLayer(id: Id, byId: ById, uses: ReadonlyMap<Id, number>): Layer | undefined {
  const layer = layerOf(byId.get(id), byId);
  return layer?.call.op.activation === 'none' && uses.get(id) === 1 ? layer : undefined;
}

/** What a layer adds to its sums, if it adds anything. */
export const residualOf = ({ op, inputs }: Call): Id | undefined =>
  'residual' in op && op.residual ? inputs.at(-1) : undefined;

export interface Parameters {
  readonly weights?: Constant;
  readonly bias?: Constant;
}

/** The layer's call, under another id, reading other weights or another bias. */
export function withParameters({ call }: Layer, id: Id, { weights, bias }: Parameters, { emit }: Emitter): Call {
  const [x, w, b, ...rest] = call.inputs;
  return { ...call, id, inputs: [x, weights ? emit(weights) : w, bias ? emit(bias) : b, ...rest] };
}

/** The layer under the id of `user`, with `numbers` added to its bias. */
export function addToBias(layer: Layer, id: Id, numbers: ArrayLike<number>, emitter: Emitter): Call {
  const { bias } = layer;
  const sum = Float32Array.from(bias.data, (v, i) => v + numbers[i]);
  return withParameters(layer, id, { bias: floats(emitter.fresh(bias.id), [layer.outputs], sum, bias) }, emitter);
}
