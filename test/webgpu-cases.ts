/** Layers that each kernel of the target webgpu takes. */
import { reorderLayout } from '../passes/reorder-layout.ts';
import type { Graph } from '../src/graph/graph.ts';
import type { Encoding } from '../src/tensor/type.ts';
import { elements, tensor } from '../src/tensor/type.ts';
import { wish } from '../targets/webgpu/wish.ts';
import type { ConvSpec } from './wasm-graphs.ts';
import { constant, convGraph, layered, sparse as random } from './wasm-graphs.ts';

export interface WebgpuCase {
  readonly title: string;
  readonly graph: Graph;
}

const arranged = (graph: Graph): Graph => reorderLayout(wish).run(graph, () => {});

export const conv = (title: string, spec: ConvSpec): WebgpuCase => ({ title, graph: arranged(convGraph(spec)) });

/** Weights of bands of four rows, of which some columns are kept. */
export function banded(rows: number, columns: number, density: number, seed: number): Float32Array<ArrayBuffer> {
  const kept = random(Math.ceil(rows / 4) * columns, density, seed);
  return random(rows * columns, 1, seed + 1).map((value, i) =>
    kept[Math.floor(i / columns / 4) * columns + (i % columns)] === 0 ? 0 : value,
  );
}

const blocks: Encoding = { format: 'block', params: { r: 4, c: 1 } };

export function bandedConv(title: string, spec: ConvSpec): WebgpuCase {
  const { graph } = conv(title, { ...spec, density: 1, encoding: blocks });
  const nodes = graph.nodes.map((node) => {
    if (node.kind !== 'constant' || node.id !== 'weights') return node;
    const [o] = node.type.shape;
    return { ...node, data: banded(o, elements(node.type.shape) / o, spec.density ?? 1, 5) };
  });
  return { title, graph: { ...graph, nodes } };
}

/** A dense layer of `rows` rows of weights over vectors of `size` numbers. */
export function dense(
  title: string,
  count: number,
  size: number,
  rows: number,
  density: number,
  half = true,
): WebgpuCase {
  const encoding = density < 1 ? { encoding: { format: 'csr', params: { index: 16 } } } : {};
  const graph = layered(
    { kind: 'linear', activation: 'relu' },
    {
      x: tensor('f32', [count, size]),
      weights: constant(
        'weights',
        { ...tensor('f32', [rows, size]), ...encoding },
        random(rows * size, density, 3, half),
      ),
      bias: constant('bias', tensor('f32', [rows]), random(rows, 1, 4)),
    },
    false,
  );
  return { title, graph: arranged(graph) };
}

const same = { kernel: [3, 3], pad: [1, 1, 1, 1] } as const;

/** The same with weights rounded, and stored in codes: steps of a scale a row, or one of so many numbers. */
export function codedConv(title: string, spec: ConvSpec, code: 'steps' | 'book', plain: Encoding): WebgpuCase {
  const { graph } = conv(title, spec);
  const nodes = graph.nodes.map((node) => {
    if (node.kind !== 'constant' || node.id !== 'weights') return node;
    const [o] = node.type.shape;
    const scale = Array.from({ length: o }, (_, r) => Math.fround(0.01 + r / 512));
    const size = node.data.length / o;
    const data =
      code === 'steps'
        ? Float32Array.from(node.data, (v, i) => Math.round(v * 100) * scale[Math.floor(i / size)])
        : Float32Array.from(node.data, (v) => Math.round(v * 7) / 9);
    const params = { ...plain.params, ...(code === 'steps' ? { linear: 8 } : { codebook: 4 }) };
    const quantity = { scale, zero: scale.map(() => 0), axis: 0 };
    const type = { ...node.type, encoding: { ...plain, params }, ...(code === 'steps' && { quantity }) };
    return { ...node, type, data };
  });
  return { title, graph: { ...graph, nodes } };
}

const rows: Encoding = { format: 'csr', params: { index: 16 } };

const ownGroups = (title: string, c: number, spec: Omit<ConvSpec, 'groups'>): WebgpuCase =>
  conv(title, { ...spec, groups: c });

export const webgpuCases = {
  depthwise: [
    ownGroups('3x3, a border, several images', 6, { ...same, x: [2, 9, 7, 6], o: 6, activation: 'relu6' }),
    ownGroups('stride, dilation, an uneven border, two outputs a channel, f32', 5, {
      ...{ x: [1, 12, 9, 5], o: 10, kernel: [5, 3], stride: [2, 1], dilation: [1, 2], pad: [1, 2, 2, 1], half: false },
      ...{ activation: 'prelu', residual: true },
    }),
  ],
  dense: [
    dense('a vector', 1, 130, 21, 1),
    conv('3x3, a border, several images', { ...same, x: [2, 9, 7, 5], o: 36, activation: 'relu6' }),
    conv('1x1, a residual, f32', {
      x: [1, 7, 7, 70],
      o: 9,
      kernel: [1, 1],
      residual: true,
      half: false,
      activation: 'swish',
    }),
    conv('stride, dilation, an uneven border, slopes', {
      ...{
        x: [1, 13, 12, 5],
        o: 5,
        kernel: [3, 2],
        stride: [2, 1],
        dilation: [1, 2],
        pad: [1, 0, 2, 1],
        activation: 'prelu',
      },
    }),
    dense('many vectors, f32', 40, 65, 10, 1, false),
    codedConv('steps', { x: [1, 1, 1, 96], o: 12, kernel: [1, 1] }, 'steps', { format: 'dense', params: {} }),
    codedConv('a codebook', { x: [1, 1, 1, 96], o: 12, kernel: [1, 1], half: false }, 'book', {
      format: 'dense',
      params: {},
    }),
  ],
  sparse: [
    conv('3x3, a border, several images', { ...same, x: [2, 9, 7, 35], o: 6, density: 0.2, activation: 'relu6' }),
    conv('1x1, a residual', {
      x: [1, 5, 6, 70],
      o: 9,
      kernel: [1, 1],
      density: 0.3,
      residual: true,
      activation: 'hard-swish',
    }),
    conv('stride, dilation, an uneven border, f32, slopes', {
      ...{ x: [1, 13, 12, 5], o: 5, kernel: [3, 2], stride: [2, 1], dilation: [1, 2], pad: [1, 0, 2, 1], density: 0.4 },
      ...{ half: false, activation: 'prelu' },
    }),
    bandedConv('bands of four rows', { ...same, x: [1, 6, 11, 20], o: 10, density: 0.3, activation: 'relu' }),
    bandedConv('bands of four rows, f32', { ...same, x: [1, 7, 7, 33], o: 8, density: 0.1, half: false }),
    dense('a vector', 1, 130, 21, 0.2),
    dense('some vectors, f32', 7, 65, 10, 0.5, false),
    codedConv('steps', { ...same, x: [1, 6, 6, 24], o: 12, density: 0.3 }, 'steps', rows),
    codedConv('a codebook', { ...same, x: [1, 6, 6, 24], o: 12, density: 0.3, activation: 'relu' }, 'book', rows),
    codedConv('steps beside a bit for each', { x: [1, 6, 6, 32], o: 9, kernel: [1, 1], density: 0.1 }, 'steps', {
      format: 'bitmask',
      params: {},
    }),
  ],
} satisfies Readonly<Record<string, readonly WebgpuCase[]>>;
