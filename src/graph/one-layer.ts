/** Layers of the usual kinds by their sizes alone, for graphs that are made to be measured. */
import { bug } from '../diagnostic.ts';
import type { Op } from '../ops/index.ts';
import { rulesOf } from '../ops/index.ts';
import type { Matrix } from '../tensor/matrix.ts';
import type { Encoding, Shape } from '../tensor/type.ts';
import { dense, tensor } from '../tensor/type.ts';
import type { Call, Constant, Id, Node } from './graph.ts';

export interface LayerSpec {
  readonly input: Shape;
  readonly weights: Shape;
  /** Of the weights as a matrix. */
  readonly size: Pick<Matrix, 'rows' | 'columns' | 'run'>;
  readonly op: Op;
}

/** A square picture of `size`, a square kernel, and as many zeros around as keep the size at stride 1. */
export interface ConvSizes {
  readonly size: number;
  readonly channels: number;
  readonly filters: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly depthwise?: boolean;
}

export function convSpec({ size, channels, filters, kernel, stride = 1, depthwise = false }: ConvSizes): LayerSpec {
  const run = depthwise ? 1 : channels;
  const before = Math.floor((kernel - 1) / 2);
  return {
    input: [1, size, size, channels],
    weights: [filters, kernel, kernel, run],
    size: { rows: filters, columns: kernel * kernel * run, run },
    op: {
      kind: 'conv2d',
      stride: [stride, stride],
      dilation: [1, 1],
      pad: [before, before, before, before],
      groups: depthwise ? channels : 1,
      activation: 'none',
    },
  };
}

export const linearSpec = (inputs: number, outputs: number, batch = 1): LayerSpec => ({
  input: [batch, inputs],
  weights: [outputs, inputs],
  size: { rows: outputs, columns: inputs, run: inputs },
  op: { kind: 'linear', activation: 'none' },
});

/** A call with the type that its operator gives it. They must fit. */
export function callOf(id: Id, op: Op, operands: Readonly<Record<string, Node>>): Call {
  const types = Object.fromEntries(Object.entries(operands).map(([name, node]) => [name, node.type]));
  const type = rulesOf(op).infer(op, types);
  if (typeof type === 'string') return bug(`a layer to measure ${type}`);
  return { kind: 'call', id, op, type, inputs: Object.values(operands).map((node) => node.id), origin: id };
}

/** The layer with these weights, and zeros as its bias. */
export function layerWith(
  id: Id,
  { weights: shape, op }: LayerSpec,
  x: Node,
  data: Float32Array<ArrayBuffer>,
  encoding: Encoding = dense,
): { readonly call: Call; readonly constants: readonly Constant[] } {
  const weights: Constant = { kind: 'constant', id: `${id}_w`, type: { ...tensor('f32', shape), encoding }, data };
  const zeros = new Float32Array(shape[0]);
  const bias: Constant = { kind: 'constant', id: `${id}_b`, type: tensor('f32', [shape[0]]), data: zeros };
  return { call: callOf(id, op, { x, weights, bias }), constants: [weights, bias] };
}
