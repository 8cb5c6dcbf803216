/** Graphs of one layer with weights of all kinds, laid out as the target webgpu wishes. */
import { reorderLayout } from '../passes/reorder-layout.ts';
import type { Graph } from '../src/graph/graph.ts';
import type { Encoding } from '../src/tensor/type.ts';
import { elements, tensor } from '../src/tensor/type.ts';
import { wish } from '../targets/gpu/wish.ts';
import { random as randomNumbers } from './models.ts';
import type { ConvSpec } from './wasm-graphs.ts';
import { constant, convGraph, layered, sparse as random } from './wasm-graphs.ts';

export interface WebgpuCase {
  readonly title: string;
  readonly graph: Graph;
}

const arranged = (graph: Graph): Graph => reorderLayout({ wish }).run(graph, () => {});

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

export type Make = (sizes: {
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

export const same = { kernel: [3, 3], pad: [1, 1, 1, 1] } as const;

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

export const groups = (n: number, m: number): Encoding => ({ format: 'nm', params: { n, m, rank: 0 } });

export const grouping = (title: string, spec: ConvSpec, n: number, m: number): WebgpuCase =>
  convOf(title, spec, groups(n, m), (sizes) => inGroups(sizes, n, m, 5));

export const sharing = (title: string, spec: ConvSpec, m: number): WebgpuCase =>
  convOf(title, spec, groups(2, m), (sizes) => shared(sizes, 2, m, 5));

export const rows: Encoding = { format: 'csr', params: { index: 16 } };
