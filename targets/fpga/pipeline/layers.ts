/** Convolutions and dense layers of whole numbers as layers for engines. */
import type { Call, Constant, Node } from '../../../src/graph/graph.ts';
import type { Conv2d } from '../../../src/ops/conv2d.ts';
import type { Linear } from '../../../src/ops/linear.ts';
import { rebuild } from '../../../src/tensor/decomposition.ts';
import { elements } from '../../../src/tensor/type.ts';
import type { Ending, Layer } from '../contract/layer.ts';
import type { LayerSource } from '../engines/make-layer.ts';
import { layerOf } from '../engines/make-layer.ts';

/** Bits that engines take. */
const inputBits = 8;

export interface LayerSite {
  readonly call: Call & { readonly op: Conv2d | Linear };
  readonly operands: Readonly<Record<string, Node>>;
  /** What rescales the sums, where nothing else uses them. */
  readonly ending?: { readonly call: Call; readonly operands: Readonly<Record<string, Node>> } | undefined;
  readonly bits: number;
}

export function layerAt({ call, operands, ending, bits }: LayerSite): Layer | string {
  const { op, origin, id } = call;
  const { x, weights, bias } = operands;
  if (weights.kind !== 'constant' || bias.kind !== 'constant') return 'takes weights that are known now';
  if (call.type.dtype !== 'i32') return 'computes with real numbers, and engines take whole ones: quantise it';
  if (op.activation !== 'none' || (op.kind === 'conv2d' && op.residual)) return 'has an activation or a sum of its own';
  if (bits > inputBits) return `takes ${inputBits} bits and is given ${bits}`;
  const common = {
    name: origin ?? id,
    data: weights.data,
    ...made(weights, op),
    bias: Int32Array.from(bias.data),
    ending: ending && endingOf(ending, weights.type.shape[0]),
  };
  if (op.kind === 'linear') {
    const [rows, channels] = weights.type.shape;
    return narrow(layerOf({ ...common, rows, channels, input: [1, elements(x.type.shape) / channels] }), weights.data);
  }
  const [rows, down, across] = weights.type.shape;
  const [, h, w, channels] = x.type.shape;
  const flat = down * across === 1 && op.stride.every((s) => s === 1) && op.pad.every((p) => p === 0);
  const layer = layerOf({
    ...common,
    rows,
    channels,
    taps: [down, across],
    groups: op.groups,
    stride: [op.stride[0], op.stride[1]],
    dilation: [op.dilation[0], op.dilation[1]],
    pad: [op.pad[0], op.pad[1], op.pad[2], op.pad[3]],
    input: flat ? [1, h * w] : [h, w],
  });
  return narrow(layer, weights.data);
}

/** What the weights are made of, where that is known and still gives them; which are kept, where it is not. */
function made({ type, data, mask }: Constant, op: Conv2d | Linear): Pick<LayerSource, 'mask' | 'decomposed'> {
  const units = type.quantity?.decomposition;
  if (!units || (op.kind === 'conv2d' && op.groups > 1)) return { mask };
  return rebuild(units, type.shape).every((w, i) => w === data[i]) ? { decomposed: units } : { mask };
}

/** The layer, unless its weights are wider than 16 bits, which is as many as its entries have. */
function narrow(layer: Layer, data: ArrayLike<number>): Layer | string {
  const most = 2 ** 15;
  for (let i = 0; i < data.length; i++)
    if (data[i] < -most || data[i] >= most) return `takes weights of 16 bits at most and is given ${data[i]}`;
  return layer;
}

/** Whether a call rescales by numbers that are known now. */
export const isEnding = ({ op }: Call, operands: Readonly<Record<string, Node>>): boolean =>
  op.kind === 'requantize' && ['multiplier', 'shift', 'zero'].every((name) => operands[name].kind === 'constant');

function endingOf({ call, operands }: NonNullable<LayerSite['ending']>, rows: number): Ending | undefined {
  if (call.op.kind !== 'requantize') return undefined;
  const data = (name: string): ArrayLike<number> => (operands[name] as Constant).data;
  const each = (values: ArrayLike<number>): Int32Array<ArrayBuffer> =>
    Int32Array.from({ length: rows }, (_, r) => values[values.length === 1 ? 0 : r]);
  return {
    multiplier: each(data('multiplier')),
    shift: each(data('shift')),
    zero: data('zero')[0],
    low: call.op.low,
    high: call.op.high,
  };
}
