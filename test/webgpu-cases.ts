/** Layers that each kernel of the target webgpu takes. */
import { reorderLayout } from '../passes/reorder-layout.ts';
import type { Graph } from '../src/graph/graph.ts';
import type { Encoding } from '../src/tensor/type.ts';
import { elements, tensor } from '../src/tensor/type.ts';
import { wish } from '../targets/gpu/wish.ts';
import { random as randomNumbers } from './models.ts';
import type { ConvSpec } from './wasm-graphs.ts';
import { constant, convGraph, layered, sparse as random } from './wasm-graphs.ts';
import { lineCases } from './webgpu-cases-lines.ts';

export interface WebgpuCase {
  readonly title: string;
  readonly graph: Graph;
}

const arranged = (graph: Graph): Graph => reorderLayout(wish).run(graph, () => {});

export const conv = (title: string, spec: ConvSpec): WebgpuCase => ({ title, graph: arranged(convGraph(spec)) });

/** Weights of which rows of a group and columns of a group are kept together, or not; groups of rows may be scattered over the matrix. */
export function grouped(
  { rows, columns, run }: Sizes,
  { r, c, scattered }: { readonly r: number; readonly c: number; readonly scattered?: true },
  density: number,
  seed: number,
): Float32Array<ArrayBuffer> {
  const bands = Math.ceil(rows / r);
  const kept = random(bands * columns, density, seed);
  const band = (row: number): number => (scattered ? row % bands : Math.floor(row / r));
  const first = (column: number): number => column - ((column % run) % c);
  return random(rows * columns, 1, seed + 1).map((value, i) =>
    kept[band(Math.floor(i / columns)) * columns + first(i % columns)] === 0 ? 0 : value,
  );
}

/** Weights of which n of every m neighbours are kept, or fewer where a run ends. */
export function inGroups({ rows, columns, run }: Sizes, n: number, m: number, seed: number): Float32Array<ArrayBuffer> {
  const next = randomNumbers(seed);
  const data = random(rows * columns, 1, seed + 1);
  for (let from = 0; from < data.length; from += run)
    for (let first = from; first < from + run; first += m) {
      const order = Array.from({ length: Math.min(m, from + run - first) }, (_, k) => ({ k, by: next() }));
      for (const { k } of order.sort((a, b) => a.by - b.by).slice(n)) data[first + k] = 0;
    }
  return data;
}

/** V:N:M weights: n of every m neighbours are kept, all of them among four that eight rows share. */
export function shared({ rows, columns, run }: Sizes, n: number, m: number, seed: number): Float32Array<ArrayBuffer> {
  const bands = Math.ceil(rows / 8);
  const four = inGroups({ rows: bands, columns, run }, 4, m, seed);
  const data = new Float32Array(rows * columns);
  const next = randomNumbers(seed + 2);
  for (let row = 0; row < rows; row++)
    for (let first = 0; first < columns; first += m) {
      const places = Array.from({ length: m }, (_, k) => first + k).filter(
        (at) => four[(row >> 3) * columns + at] !== 0,
      );
      while (places.length > n) places.splice(Math.floor(next() * places.length), 1);
      for (const at of places) data[row * columns + at] = 2 * next() - 1;
    }
  return data.map((v) => Math.round(512 * v) / 512);
}

interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly run: number;
}

type Make = (sizes: {
  readonly rows: number;
  readonly columns: number;
  readonly run: number;
}) => Float32Array<ArrayBuffer>;

/** A convolution with weights of its own making. */
export function convOf(title: string, spec: ConvSpec, encoding: Encoding, make: Make): WebgpuCase {
  const { graph } = conv(title, { ...spec, density: 1, encoding });
  const nodes = graph.nodes.map((node) => {
    if (node.kind !== 'constant' || node.id !== 'weights') return node;
    const [rows, , , run] = node.type.shape;
    return { ...node, data: make({ rows, columns: elements(node.type.shape) / rows, run }) };
  });
  return { title, graph: { ...graph, nodes } };
}

const blocks: Encoding = { format: 'block', params: { r: 4, c: 1 } };

export const bandedConv = (title: string, spec: ConvSpec): WebgpuCase =>
  convOf(title, spec, blocks, (sizes) => grouped(sizes, { r: 4, c: 1 }, spec.density ?? 1, 5));

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
export function codedConv(
  title: string,
  spec: ConvSpec,
  code: 'steps' | 'book',
  plain: Encoding,
  make?: Make,
): WebgpuCase {
  const { graph } = make ? convOf(title, spec, plain, make) : conv(title, spec);
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

const groups = (n: number, m: number): Encoding => ({ format: 'nm', params: { n, m, rank: 0 } });

const grouping = (title: string, spec: ConvSpec, n: number, m: number): WebgpuCase =>
  convOf(title, spec, groups(n, m), (sizes) => inGroups(sizes, n, m, 5));

const sharing = (title: string, spec: ConvSpec, m: number): WebgpuCase =>
  convOf(title, spec, groups(2, m), (sizes) => shared(sizes, 2, m, 5));

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
  nm: [
    grouping('2 of 4, a border, several images', { ...same, x: [2, 9, 7, 12], o: 6, activation: 'relu6' }, 2, 4),
    grouping('1 of 4, the last group short, a residual', { ...same, x: [1, 5, 6, 10], o: 9, residual: true }, 1, 4),
    grouping('2 of 8, slopes', { x: [1, 5, 6, 21], o: 9, kernel: [1, 1], activation: 'prelu' }, 2, 8),
    grouping('1 of 16, many pixels', { ...same, x: [1, 31, 33, 32], o: 40, stride: [2, 1] }, 1, 16),
    codedConv('steps', { x: [1, 6, 6, 24], o: 12, kernel: [1, 1] }, 'steps', groups(2, 4), (m) => inGroups(m, 2, 4, 5)),
  ],
  vnm: [
    sharing('of 8, a border, several images', { ...same, x: [2, 5, 7, 16], o: 16, activation: 'relu6' }, 8),
    sharing(
      'of 16, rows left over, a residual',
      { ...same, x: [1, 7, 6, 48], o: 10, residual: true, stride: [2, 1] },
      16,
    ),
    sharing('of 32, slopes, many pixels', { x: [1, 33, 47, 64], o: 24, kernel: [1, 1], activation: 'prelu' }, 32),
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
    convOf(
      'blocks of eight rows and four columns',
      { ...same, x: [1, 6, 11, 18], o: 22 },
      { format: 'block', params: { r: 8, c: 4 } },
      (m) => grouped(m, { r: 8, c: 4 }, 0.3, 5),
    ),
    convOf(
      'blocks of two rows and columns, f32, many pixels',
      { ...same, x: [1, 30, 31, 6], o: 7, half: false, residual: true },
      { format: 'block', params: { r: 2, c: 2 } },
      (m) => grouped(m, { r: 2, c: 2 }, 0.3, 5).map((v) => v * 1.01),
    ),
    convOf(
      'rows that are alike, wherever they stand',
      { ...same, x: [2, 6, 5, 18], o: 22, activation: 'prelu' },
      { format: 'vec', params: { r: 4 } },
      (m) => grouped(m, { r: 4, c: 1, scattered: true }, 0.3, 5),
    ),
    convOf(
      'punched blocks',
      { ...same, x: [1, 9, 9, 18], o: 14, activation: 'relu' },
      { format: 'punched', params: { f: 4, c: 2 } },
      (m) => grouped(m, { r: 4, c: 2 }, 0.4, 5),
    ),
    conv('many pixels', { ...same, x: [1, 30, 33, 7], o: 33, density: 0.2 }),
    bandedConv('bands of four rows, many pixels', { ...same, x: [1, 40, 43, 9], o: 40, density: 0.2 }),
    dense('a vector', 1, 130, 21, 0.2),
    dense('some vectors, f32', 7, 65, 10, 0.5, false),
    codedConv('steps', { ...same, x: [1, 6, 6, 24], o: 12, density: 0.3 }, 'steps', rows),
    codedConv('a codebook', { ...same, x: [1, 6, 6, 24], o: 12, density: 0.3, activation: 'relu' }, 'book', rows),
    codedConv('steps beside a bit for each', { x: [1, 6, 6, 32], o: 9, kernel: [1, 1], density: 0.1 }, 'steps', {
      format: 'bitmask',
      params: {},
    }),
  ],
  ...lineCases,
} satisfies Readonly<Record<string, readonly WebgpuCase[]>>;
