/** Graphs for the kernels of the target wasm: by kernel, layers that it must take. */
import type { Graph } from '../src/graph/graph.ts';
import type { Op } from '../src/ops/index.ts';
import type { BinaryName, UnaryName } from '../src/ops/scalar.ts';
import { tensor } from '../src/tensor/type.ts';
import type { WasmCase } from './wasm-cases-layers.ts';
import { convPanels, convWindow, depthwise, sizes } from './wasm-cases-layers.ts';
import { linear, linearPanels } from './wasm-cases-linear.ts';
import { attention, layerNorm, matmul, softmax, transpose } from './wasm-cases-sequences.ts';
import { convTranspose } from './wasm-cases-transpose.ts';
import { chain, constant, layered, sparse } from './wasm-graphs.ts';
import { wholeCases } from './wasm-whole-cases.ts';

const unary = (fn: UnaryName, shape: readonly number[]): WasmCase => ({
  title: `${fn} ${shape.join('x')}`,
  graph: layered({ kind: 'unary', fn }, { x: tensor('f32', shape) }),
});

const map: readonly WasmCase[] = [
  ...(
    [
      'relu',
      'relu6',
      'sigmoid',
      'tanh',
      'swish',
      'hard-sigmoid',
      'hard-swish',
      'elu',
      'softplus',
      'gelu',
      'exp',
      'erf',
      'square',
      'neg',
      'abs',
      'floor',
      'ceil',
      'round',
    ] as const
  ).map((fn) => unary(fn, [1, 3, 11])),
  unary('relu', [1]),
  unary('relu', [4]),
];

const binary = (fn: BinaryName, a: readonly number[], b: readonly number[]): WasmCase => ({
  title: `${fn} of ${a.join('x')} and ${b.join('x')}`,
  graph: layered({ kind: 'binary', fn }, { a: tensor('f32', a), b: tensor('f32', b) }),
});

const inPanels = (op: Op, x: readonly number[], others: Parameters<typeof layered>[1] = {}): Graph =>
  chain(x, op, others);

const zip: readonly WasmCase[] = [
  ...(['add', 'sub', 'mul', 'div', 'min', 'max', 'squared-difference', 'prelu'] as const).flatMap((fn) => [
    binary(fn, [3, 7], [3, 7]),
    binary(fn, [2, 3, 7], [7]),
    binary(fn, [7], [2, 3, 7]),
    binary(fn, [3, 5], []),
    binary(fn, [3, 6], [3, 1]),
    {
      title: `${fn} of panels and channels`,
      graph: inPanels({ kind: 'binary', fn }, [1, 5, 9, 6], {
        b: constant('b', tensor('f32', [6]), sparse(6, 1, 3)),
      }),
    },
    {
      title: `${fn} of panels and computed channels`,
      graph: inPanels({ kind: 'binary', fn }, [1, 5, 9, 6], { b: tensor('f32', [1, 1, 1, 6]) }),
    },
    {
      title: `${fn} of panels and panels`,
      graph: inPanels({ kind: 'binary', fn }, [1, 5, 9, 6], { b: tensor('f32', [1, 5, 9, 6]) }),
    },
  ]),
];

const resized = (
  size: readonly number[],
  x: readonly number[],
  method: 'bilinear' | 'nearest',
  rest = {},
): WasmCase => ({
  title: `${method} ${JSON.stringify(rest)} ${x.join('x')} to ${size.join('x')}`,
  graph: inPanels({ kind: 'resize', method, size, coordinates: 'half-pixel', rounding: 'floor', ...rest }, x),
});

const pixels: readonly WasmCase[] = [
  ...(['bilinear', 'nearest'] as const).flatMap((method) => [
    resized([14, 14], [1, 7, 7, 6], method),
    resized([14, 14], [1, 7, 7, 6], method, { coordinates: 'asymmetric' }),
    resized([5, 9], [1, 7, 3, 6], method, { coordinates: 'align-corners', rounding: 'round' }),
    resized([3, 3], [1, 11, 10, 3], method, { rounding: 'round' }),
    resized([6, 9], [3, 3, 11, 2], method),
  ]),
  { title: 'depth to space', graph: inPanels({ kind: 'depth-to-space', block: 2 }, [1, 5, 7, 12]) },
  { title: 'depth to space by three', graph: inPanels({ kind: 'depth-to-space', block: 3 }, [1, 2, 3, 18]) },
  {
    title: 'slice with steps',
    graph: inPanels({ kind: 'slice', begin: [0, 6, 1, 0], size: [1, 3, 2, 5], step: [1, -2, 3, 1] }, [1, 7, 6, 5]),
  },
  { title: 'tile', graph: inPanels({ kind: 'tile', repeats: [1, 2, 3, 1] }, [1, 4, 5, 3]) },
  ...(['constant', 'reflect', 'symmetric', 'edge'] as const).map((mode) => ({
    title: `pad ${mode}`,
    graph: inPanels({ kind: 'pad', before: [0, 1, 2, 0], after: [0, 3, 0, 0], mode, value: 0.5 }, [1, 4, 5, 3]),
  })),
];

const blocks: readonly WasmCase[] = [
  {
    title: 'concat of panels',
    graph: inPanels({ kind: 'concat', axis: 3, count: 3 }, [1, 5, 7, 3], {
      x1: tensor('f32', [1, 5, 7, 1]),
      x2: tensor('f32', [1, 5, 7, 4]),
    }),
  },
  ...[0, 1, 2].map((axis) => ({
    title: `concat of rows along axis ${axis}`,
    graph: layered(
      { kind: 'concat', axis, count: 2 },
      { x0: tensor('f32', [2, 3, 5]), x1: tensor('f32', [2, 3, 5].with(axis, 4)) },
    ),
  })),
  {
    title: 'concat of whole numbers',
    graph: layered({ kind: 'concat', axis: 0, count: 2 }, { x0: tensor('i32', [3]), x1: tensor('i32', [2]) }),
  },
  {
    title: 'slice of channels',
    graph: inPanels({ kind: 'slice', begin: [0, 0, 0, 2], size: [1, 5, 6, 3], step: [1, 1, 1, 1] }, [1, 5, 6, 8]),
  },
  {
    title: 'slice of rows',
    graph: layered({ kind: 'slice', begin: [1, 0], size: [2, 6], step: [1, 1] }, { x: tensor('f32', [4, 6]) }),
  },
  {
    title: 'pad of channels',
    graph: inPanels(
      { kind: 'pad', before: [0, 0, 0, 1], after: [0, 0, 0, 2], mode: 'constant', value: 0.25 },
      [1, 5, 6, 3],
    ),
  },
  {
    title: 'pad of rows',
    graph: layered(
      { kind: 'pad', before: [0, 2], after: [0, 0], mode: 'constant', value: -1 },
      { x: tensor('f32', [4, 6]) },
    ),
  },
];

const pooled = (fn: 'max' | 'avg', x: readonly number[], window: readonly number[], rest: object = {}): WasmCase => ({
  title: `${fn} ${window.join('x')} of ${x.join('x')} ${JSON.stringify(rest)}`,
  graph: layered(
    { kind: 'pool2d', fn, window, stride: window, pad: [0, 0, 0, 0], countPad: true, ...rest },
    { x: tensor('f32', x) },
  ),
});

const poolWindow: readonly WasmCase[] = (['max', 'avg'] as const).flatMap((fn) => [
  ...sizes.filter(([h, w]) => h > 1 && w > 1).map(([h, w]) => pooled(fn, [1, h, w, 11], [2, 2])),
  pooled(fn, [1, 14, 14, 9], [3, 3], { stride: [1, 1], pad: [1, 1, 1, 1] }),
  pooled(fn, [3, 7, 9, 5], [2, 2]),
  pooled(fn, [1, 28, 28, 20], [3, 2], { stride: [2, 1], pad: [0, 1, 2, 0] }),
]);

const reducePanels: readonly WasmCase[] = [
  ...(['sum', 'mean', 'max', 'min'] as const).flatMap((fn) =>
    [
      [1, 7, 7, 6],
      [2, 5, 3, 3],
      [1, 14, 4, 1],
      [2, 1, 28, 2],
    ].map((x) => ({
      title: `${fn} of ${x.join('x')}`,
      graph: inPanels({ kind: 'reduce', fn, axes: [2, 1], keep: fn === 'mean' }, x),
    })),
  ),
  pooled('avg', [1, 7, 9, 5], [7, 9]),
  pooled('max', [1, 7, 9, 5], [7, 9]),
];

const topK: readonly WasmCase[] = (['values', 'indices'] as const).flatMap((output) =>
  [
    [1, 1, 1],
    [3, 20, 5],
    [2, 9, 9],
  ].map(([rows, size, k]) => ({
    title: `${output} of the ${k} largest of ${size}`,
    graph: layered({ kind: 'top-k', k, output }, { x: tensor('f32', [rows, size]) }),
  })),
);

const relayout: readonly WasmCase[] = sizes.flatMap(([h, w]) =>
  [
    [1, 1],
    [1, 3],
    [1, 4],
    [1, 6],
    [3, 9],
  ].map(([n, c]) => ({
    title: `${n}x${h}x${w}x${c}`,
    graph: inPanels({ kind: 'unary', fn: 'neg' }, [n, h, w, c]),
  })),
);

export const wasmCases = {
  ...wholeCases,
  'conv-panels': convPanels,
  depthwise,
  'conv-window': convWindow,
  'conv-transpose': convTranspose,
  linear,
  'linear-panels': linearPanels,
  matmul,
  attention,
  softmax,
  'layer-norm': layerNorm,
  'reduce-panels': reducePanels,
  'pool-window': poolWindow,
  blocks,
  pixels,
  relayout,
  transpose,
  'top-k': topK,
  zip,
  map,
} satisfies Record<string, readonly WasmCase[]>;
