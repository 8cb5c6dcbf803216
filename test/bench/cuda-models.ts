/** Networks whose layers are timed one by one on a GPU: each layer has an input and an output of its own. */
import type { Graph, Node } from '../../src/graph/graph.ts';
import type { Op } from '../../src/ops/index.ts';
import { rulesOf } from '../../src/ops/index.ts';
import { elements, tensor } from '../../src/tensor/type.ts';
import { random } from '../models.ts';
import { grouped, inGroups } from '../webgpu-layers.ts';

/** Which weights are kept. `run` numbers follow each other along the inputs of a place. */
type Mask = (sizes: {
  readonly rows: number;
  readonly columns: number;
  readonly run: number;
}) => Float32Array<ArrayBuffer>;

export const twoOfFour: Mask = (sizes) => inGroups(sizes, 2, 4, 5);

export const blocks =
  (side: number, density: number): Mask =>
  (sizes) =>
    grouped(sizes, { r: side, c: side }, density, 5);

export const anywhere = (density: number): Mask => blocks(1, density);

export interface BenchLayer {
  readonly name: string;
  readonly op: Op;
  readonly x: readonly number[];
  readonly weights: readonly number[];
  readonly mask: Mask;
}

/** A dense layer: `pixels` vectors of `columns` numbers give as many of `rows`. */
export const linear = (name: string, [rows, columns, pixels]: readonly number[], mask: Mask): BenchLayer => ({
  name,
  op: { kind: 'linear', activation: 'relu' },
  x: [pixels, columns],
  weights: [rows, columns],
  mask,
});

interface Convolution {
  readonly kernel: number;
  readonly size: number;
  readonly from: number;
  readonly to: number;
  readonly stride?: number;
  readonly batch?: number;
}

/** A convolution of square pictures, padded so that every place has a result. */
export function convolution(name: string, sizes: Convolution, mask: Mask): BenchLayer {
  const { kernel, size, from, to, stride = 1, batch = 1 } = sizes;
  const border = (kernel - 1) >> 1;
  const pad = [border, border, border, border] as const;
  return {
    name,
    op: { kind: 'conv2d', stride: [stride, stride], dilation: [1, 1], pad, groups: 1, activation: 'relu' },
    x: [batch, size, size, from],
    weights: [to, kernel, kernel, from],
    mask,
  };
}

/** Every layer of ResNet-50 with weights once, at 224 x 224. */
export function resnet50(mask: Mask): readonly BenchLayer[] {
  const one = (size: number, from: number, to: number, stride = 1) =>
    convolution(
      `1x1 ${size} ${from}-${to}${stride > 1 ? ` /${stride}` : ''}`,
      { kernel: 1, size, from, to, stride },
      mask,
    );
  const three = (size: number, channels: number, stride = 1) =>
    convolution(
      `3x3 ${size} ${channels}${stride > 1 ? ` /${stride}` : ''}`,
      { kernel: 3, size, from: channels, to: channels, stride },
      mask,
    );
  const stages = [
    [56, 64],
    [28, 128],
    [14, 256],
    [7, 512],
  ].flatMap(([size, channels], stage) => {
    const before = stage === 0 ? 64 : 2 * channels;
    const [wide, stride] = [4 * channels, stage === 0 ? 1 : 2];
    const entry = size * stride;
    return [
      one(entry, before, channels),
      ...(stride > 1 ? [three(entry, channels, stride)] : []),
      one(entry, before, wide, stride),
      three(size, channels),
      one(size, channels, wide),
      one(size, wide, channels),
    ];
  });
  const stem = convolution('7x7 224 3-64 /2', { kernel: 7, size: 224, from: 3, to: 64, stride: 2 }, anywhere(1));
  return [stem, ...stages, linear('2048-1000', [1000, 2048, 1], mask)];
}

/** One graph of all of them. */
export function networkOf(name: string, layers: readonly BenchLayer[]): Graph {
  const nodes = layers.flatMap((layer, i): readonly Node[] => {
    const { op, x, weights, mask } = layer;
    const [rows, run] = [weights[0], weights[weights.length - 1]];
    const next = random(i + 1);
    const types = { x: tensor('f32', x), weights: tensor('f32', weights), bias: tensor('f32', [rows]) };
    const type = rulesOf(op).infer(op, types);
    if (typeof type === 'string') throw new Error(`${layer.name} ${type}`);
    const data = mask({ rows, columns: elements(weights) / rows, run });
    const bias = Float32Array.from({ length: rows }, () => next() - 0.5);
    const [xId, weightsId, biasId] = ['x', 'weights', 'bias'].map((part) => `${part}${i}`);
    return [
      { kind: 'input', id: xId, name: xId, type: types.x, origin: layer.name },
      { kind: 'constant', id: weightsId, type: types.weights, data, origin: layer.name },
      { kind: 'constant', id: biasId, type: types.bias, data: bias, origin: layer.name },
      { kind: 'call', id: `y${i}`, op, inputs: [xId, weightsId, biasId], type, origin: layer.name },
    ];
  });
  return { name, file: name, nodes, outputs: layers.map((_, i) => ({ name: `y${i}`, id: `y${i}` })) };
}
