/** Layers that mix channels: their weights as outputs × taps × inputs, and which inputs each output reads. */
import { evaluateCall } from '../../src/graph/evaluate.ts';
import type { Node } from '../../src/graph/graph.ts';
import { liveness } from '../../src/tensor/matrix.ts';
import { elements, tensor } from '../../src/tensor/type.ts';
import type { ById, Floats } from '../matching/constants.ts';
import { floatsOf } from '../matching/constants.ts';
import type { Layer } from '../matching/layers.ts';
import { layerOf, residualOf } from '../matching/layers.ts';
import { mostChannels } from './links.ts';
import type { Kept } from './select.ts';
import { selectFloats } from './select.ts';

export interface Mixing extends Layer {
  readonly inputs: number;
  readonly slope: Floats | undefined;
  /** Whether a kept weight of output `o` reads input `c`: 1 at o · inputs + c. */
  readonly reads: Uint8Array;
}

/** The layer, if each output may read each input and nothing else is added. */
export function mixingOf(node: Node | undefined, byId: ById): Mixing | undefined {
  const layer = layerOf(node, byId);
  const shape = byId.get(layer?.x ?? '')?.type.shape;
  if (!layer || !shape || residualOf(layer.call) !== undefined) return undefined;
  if (layer.call.op.kind === 'conv2d' && layer.call.op.groups !== 1) return undefined;
  const inputs = shape.at(-1) ?? 1;
  if (Math.max(inputs, layer.outputs) > mostChannels) return undefined;
  const slope = floatsOf(layer.call.inputs[3], byId);
  if (layer.call.op.activation === 'prelu' && !slope) return undefined;
  return { ...layer, inputs, slope, reads: readsOf(layer, inputs) };
}

interface Reads {
  readonly mask: Uint8Array | undefined;
  readonly inputs: number;
  readonly reads: Uint8Array;
}

/** Of weights that were looked through: every question about channels asks, again and again. */
const known = new WeakMap<Float32Array, Reads>();

function readsOf({ weights: { data, mask }, outputs }: Layer, inputs: number): Uint8Array {
  const before = known.get(data);
  if (before && before.mask === mask && before.inputs === inputs) return before.reads;
  const reads = new Uint8Array(outputs * inputs);
  const row = data.length / outputs;
  const live = liveness({ data, mask });
  for (let o = 0; o < outputs; o++)
    for (let start = o * row; start < (o + 1) * row; start += inputs)
      for (let c = 0; c < inputs; c++) reads[o * inputs + c] |= live[start + c];
  known.set(data, { mask, inputs, reads });
  return reads;
}

/** Whether what the layer adds up is the same at every place when its inputs are: nothing is padded or scattered. */
export function isUniform({ call: { op } }: Mixing): boolean {
  return op.kind === 'linear' || (op.kind === 'conv2d' && op.pad.every((p) => p === 0));
}

export interface Part {
  readonly rows: Kept;
  readonly columns: Kept;
  /** The channels `columns` of the input. */
  readonly data: Float32Array<ArrayBuffer>;
  /** With bias and activation; the bare sums otherwise. */
  readonly whole: boolean;
}

/** Outputs `rows` as far as they read inputs `columns`. */
export function evaluatePart(
  layer: Mixing,
  { rows, columns, data, whole }: Part,
  byId: ById,
): Float32Array<ArrayBuffer> {
  const { call, weights, bias, slope } = layer;
  const rank = weights.type.shape.length;
  const given = byId.get(layer.x)?.type.shape ?? [];
  const x = { type: tensor('f32', [...given.slice(0, -1), columns.length]), data };
  const partial = selectFloats(weights.data, weights.type.shape, 0, rows);
  const [, ...rest] = weights.type.shape;
  const w = {
    type: tensor('f32', [rows.length, ...rest.slice(0, -1), columns.length]),
    data: selectFloats(partial, [rows.length, ...rest], rank - 1, columns),
  };
  const b = { type: tensor('f32', [rows.length]), data: whole ? pick(bias.data, rows) : new Float32Array(rows.length) };
  const type = tensor('f32', [...call.type.shape.slice(0, -1), rows.length]);
  if (!whole) return floatsIn(evaluateCall({ op: { ...call.op, activation: 'none' }, type }, [x, w, b]));
  const slopes = slope && pickSlopes(slope, rows);
  const values = slopes ? [x, w, b, { type: tensor('f32', [slopes.length]), data: slopes }] : [x, w, b];
  return floatsIn(evaluateCall({ op: call.op, type }, values));
}

const floatsIn = (data: ArrayLike<number>): Float32Array<ArrayBuffer> => Float32Array.from(data);

export const pick = (data: Float32Array, kept: Kept): Float32Array<ArrayBuffer> =>
  Float32Array.from(kept, (i) => data[i]);

/** Slopes of the outputs that stay; one for all stays one for all. */
export const pickSlopes = ({ data }: Pick<Floats, 'data'>, rows: Kept): Float32Array<ArrayBuffer> =>
  data.length === 1 ? data : pick(data, rows);

/** Multiply-adds of `rows` over `columns`. */
export function macsOf({ call, weights, inputs }: Mixing, rows: number, columns: number): number {
  const taps = weights.data.length / weights.type.shape[0] / inputs;
  const places = elements(call.type.shape) / (call.type.shape.at(-1) ?? 1);
  return places * rows * columns * taps;
}
