/** Layers that run band by band in WebAssembly: the same numbers, bit by bit, and nothing written beside the windows. */
import { expect, test } from 'vitest';
import { reorderLayout } from '../passes/reorder-layout.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph, Node } from '../src/graph/graph.ts';
import type { Conv2d } from '../src/ops/conv2d.ts';
import { rulesOf } from '../src/ops/index.ts';
import type { TensorType } from '../src/tensor/type.ts';
import { dense, elements, tensor } from '../src/tensor/type.ts';
import { kernels } from '../targets/wasm/kernels/index.ts';
import { wish } from '../targets/wasm/wish.ts';
import { constant, sparse } from './wasm-graphs.ts';
import { buildModule } from './wasm-module.ts';

interface Layer {
  readonly o: number;
  readonly taps?: number;
  readonly stride?: number;
  /** A filter for each channel. */
  readonly apart?: true;
  /** How many layers before the one is whose result is added. */
  readonly back?: number;
  readonly density?: number;
}

/** Layers one after the other, borders as wide as keep the size. */
function network(x: readonly number[], layers: readonly Layer[]): Graph {
  const nodes: Node[] = [{ kind: 'input', id: 'v0', name: 'x', type: tensor('f32', x) }];
  const types: TensorType[] = [tensor('f32', x)];
  layers.forEach(({ o, taps = 1, stride = 1, apart, back, density = 1 }, i) => {
    const [, , , channels] = types[i].shape;
    const edge = (taps - 1) / 2;
    const op: Conv2d = {
      kind: 'conv2d',
      stride: [stride, stride],
      dilation: [1, 1],
      pad: [edge, edge, edge, edge],
      groups: apart ? channels : 1,
      activation: 'relu6',
      ...(back !== undefined && { residual: true as const }),
    };
    const shape = [o, taps, taps, apart ? 1 : channels];
    const encoding = density < 1 ? ({ format: 'csr', params: { index: 16 } } as const) : dense;
    const weights = { ...tensor('f32', shape), encoding };
    nodes.push(constant(`w${i}`, weights, sparse(elements(shape), density, 10 + i, false)));
    nodes.push(constant(`b${i}`, tensor('f32', [o]), sparse(o, 1, 50 + i, false)));
    const { residual: _residual, ...plain } = op;
    const operands = { x: types[i], weights: tensor('f32', shape), bias: tensor('f32', [o]) };
    const type = rulesOf(plain).infer(plain, operands);
    if (typeof type === 'string') throw new Error(type);
    const inputs = [`v${i}`, `w${i}`, `b${i}`, ...(back === undefined ? [] : [`v${i + 1 - back}`])];
    nodes.push({ kind: 'call', id: `v${i + 1}`, op, inputs, type });
    types.push(type);
  });
  const outputs = [{ name: 'out', id: `v${layers.length}` }];
  return reorderLayout({ wish }).run({ name: 'test', file: 'test', nodes, outputs }, () => {});
}

const residuals: readonly Layer[] = [
  { o: 6 },
  { o: 12, density: 0.4 },
  { o: 12, taps: 3, apart: true },
  { o: 6, back: 3 },
  { o: 5, density: 0.5 },
];

test.each([
  { title: 'rows of two panels', x: [1, 30, 56, 3], layers: residuals, near: 24 },
  { title: 'rows that are panels', x: [1, 40, 28, 6], layers: residuals, near: 16 },
  { title: 'two rows in a panel', x: [1, 58, 14, 6], layers: residuals, near: 12 },
  {
    title: 'strides, from few channels',
    x: [1, 112, 112, 3],
    layers: [
      { o: 5, taps: 3, stride: 2 },
      { o: 5, taps: 5, apart: true },
      { o: 9 },
      { o: 9, taps: 3, stride: 2, apart: true },
      { o: 7, density: 0.5 },
      { o: 7, taps: 3, stride: 2, apart: true },
      { o: 4 },
    ],
    near: 40,
  },
  {
    title: 'two rows at a time',
    x: [1, 112, 112, 3],
    layers: [{ o: 8, taps: 3, stride: 2 }, { o: 8, taps: 3, apart: true }, { o: 12 }, { o: 4, taps: 3, stride: 2 }],
    near: 40,
  },
  { title: 'pictures one after the other', x: [3, 28, 28, 6], layers: [{ o: 8 }, { o: 20 }, { o: 6 }], near: 24 },
] as const)('$title', async ({ x, layers, near }) => {
  const graph = network(x, layers);
  const banded = await buildModule(graph, kernels, 1, near * 1024);
  expect(banded.plan.chains.length).toBeGreaterThan(0);
  expect(Math.max(...banded.plan.chains.map((c) => c.last - c.first))).toBeGreaterThan(1);
  const inputs = { x: sparse(elements(x), 1, 3, false) };
  const { out } = banded.run(inputs);
  expect(out).toEqual((await buildModule(graph, kernels)).run(inputs).out);
  const want = Array.from(evaluate(graph, inputs).out, Number);
  const most = Math.max(...want.map(Math.abs));
  want.forEach((v, i) => {
    if (!(Math.abs(v - out[i]) <= 2e-6 * most)) throw new Error(`number ${i} is ${out[i]} and should be ${v}`);
  });
});
