/** Layers by themselves, in sizes that networks have: dense, with weights kept by fours of rows, with weights kept anywhere, and depthwise. */
import type { Graph } from '../../src/graph/graph.ts';
import { dense } from '../../src/tensor/type.ts';
import { random } from '../models.ts';
import type { ConvSpec } from '../wasm-graphs.ts';
import { convGraph } from '../wasm-graphs.ts';
import { call, entered, finished, integers, rescale, sketch } from '../wasm-whole-cases.ts';

export interface Layer {
  readonly title: string;
  readonly graph: Graph;
}

const one = (size: number, channels: number): ConvSpec => ({
  x: [1, size, size, channels],
  o: channels,
  kernel: [1, 1],
  activation: 'relu',
});

const three = (size: number, channels: number): ConvSpec => ({
  ...one(size, channels),
  kernel: [3, 3],
  pad: [1, 1, 1, 1],
});

const geometries = [
  ...[one(56, 64), one(28, 256), one(14, 512)],
  ...[three(28, 128), three(14, 256), three(7, 512)],
  one(1, 1024),
];

/** How weights are kept, and which share of them. */
const masks = [
  { name: 'dense', rows: 1, density: 1, encoding: dense },
  { name: '4x1 25 %', rows: 4, density: 0.25, encoding: { format: 'block', params: { r: 4, c: 1 } } },
  { name: '4x1 10 %', rows: 4, density: 0.1, encoding: { format: 'block', params: { r: 4, c: 1 } } },
  { name: 'anywhere 50 %', rows: 1, density: 0.5, encoding: { format: 'csr', params: { index: 16 } } },
  { name: 'anywhere 25 %', rows: 1, density: 0.25, encoding: { format: 'csr', params: { index: 16 } } },
  { name: 'anywhere 10 %', rows: 1, density: 0.1, encoding: { format: 'csr', params: { index: 16 } } },
];

/** With the weights of a column kept or not for so many rows together. */
function masked(graph: Graph, rows: number, density: number): Graph {
  const next = random(9);
  return {
    ...graph,
    nodes: graph.nodes.map((node) => {
      if (node.kind !== 'constant' || node.id !== 'weights') return node;
      const columns = node.data.length / node.type.shape[0];
      const data = Float32Array.from(node.data);
      for (let at = 0; at < data.length; at += rows * columns)
        for (let column = 0; column < columns; column++)
          if (next() >= density) for (let row = 0; row < rows; row++) data[at + row * columns + column] = 0;
      return { ...node, data };
    }),
  };
}

/** A filter for each channel, of pictures that become so large. */
const filters = [112, 56, 28, 14, 7].flatMap((size) =>
  [3, 5].flatMap((taps) =>
    [1, 2].map((stride): Layer => {
      const channels = Math.min(512, (56 / size) * 64);
      const edge = (taps - 1) / 2;
      const spec: ConvSpec = {
        x: [1, size * stride, size * stride, channels],
        o: channels,
        groups: channels,
        kernel: [taps, taps],
        stride: [stride, stride],
        pad: [edge, edge, edge, edge],
        activation: 'relu6',
      };
      return {
        title: `depthwise ${taps}x${taps} of ${spec.x.slice(1).join('x')}, stride ${stride}`,
        graph: convGraph({ ...spec, half: false }),
      };
    }),
  ),
);

const products = geometries.flatMap((spec) =>
  masks.map(({ name, rows, density, encoding }) => ({
    title: `${spec.kernel.join('x')} of ${spec.x.slice(1).join('x')}, ${name}`,
    graph: masked(convGraph({ ...spec, encoding, half: false }), rows, density),
  })),
);

/** The same layer in whole numbers: sums of products of 8 bits, brought to 8 bits again. */
function whole(graph: Graph): Graph {
  const s = sketch(1);
  const found = (id: string) => graph.nodes.find((n) => n.id === id);
  const [x, weights, layer] = [found('x'), found('weights'), found('y')];
  if (!x || weights?.kind !== 'constant' || layer?.kind !== 'call' || layer.op.kind !== 'conv2d')
    throw new Error('not a convolution');
  const { data, type } = weights;
  const operands = [
    entered(s, 'x', x.type.shape),
    integers(s, 'weights', type.shape, (i) => (data[i] === 0 ? 0 : Math.round(127 * data[i]) || 1)),
    integers(s, 'bias', [type.shape[0]], () => 100),
  ];
  const sums = call(s, 'sums', { ...layer.op, activation: 'none' }, operands);
  return finished(
    s,
    rescale(s, 'out', sums, () => 22, 0),
  );
}

export const layers: readonly Layer[] = [...products, ...filters];

/** In real numbers and in whole ones, to be compared. */
export const pairedLayers: readonly (Layer & { readonly whole: Graph })[] = layers.map((layer) => ({
  ...layer,
  whole: whole(layer.graph),
}));
