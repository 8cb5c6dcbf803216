/** What the target webgpu computes along lines and in products of what is computed: cases of its kernels. */
import { reorderLayout } from '../passes/reorder-layout.ts';
import type { Constant, Graph, Node } from '../src/graph/graph.ts';
import type { Op } from '../src/ops/index.ts';
import type { TensorType } from '../src/tensor/type.ts';
import { tensor } from '../src/tensor/type.ts';
import { planes } from '../targets/gpu/planes.ts';
import { wish } from '../targets/gpu/wish.ts';
import { constant, layered, sparse as random } from './wasm-graphs.ts';

export interface Case {
  readonly title: string;
  readonly graph: Graph;
}

type Shape = readonly number[];

export const one = (title: string, op: Op, operands: Readonly<Record<string, Shape | TensorType | Constant>>): Case => {
  const given = Object.entries(operands).map(([name, value]) => [
    name,
    'kind' in value || 'dtype' in value ? value : tensor('f32', value),
  ]);
  return { title, graph: reorderLayout({ wish }).run(layered(op, Object.fromEntries(given), false), () => {}) };
};

export const reducing = (
  title: string,
  fn: 'sum' | 'mean' | 'max' | 'min' | 'prod',
  axes: readonly number[],
  x: Shape | TensorType,
): Case => one(title, { kind: 'reduce', fn, axes, keep: true }, { x });

const picture = (shape: Shape): TensorType => {
  const type = tensor('f32', shape);
  return { ...type, layout: planes(type) };
};

/** The same with a step before it that leaves planes. */
const poolThen = (title: string, fn: 'mean' | 'max', x: Shape): Case => {
  const { graph } = reducing(title, fn, [1, 2], picture(x));
  const [input, ...calls] = graph.nodes;
  const given: Node = { kind: 'input', id: 'given', name: 'x', type: tensor('f32', x) };
  const turned: Node = { kind: 'call', id: input.id, op: { kind: 'relayout' }, inputs: ['given'], type: picture(x) };
  return { title, graph: { ...graph, nodes: [given, turned, ...calls] } };
};

export const normalised = (title: string, x: Shape): Case => {
  const channels = [x[x.length - 1]];
  return one(
    title,
    { kind: 'layer-norm', epsilon: 1e-5 },
    {
      x,
      scale: constant('scale', tensor('f32', channels), random(channels[0], 1, 3)),
      offset: constant('offset', tensor('f32', channels), random(channels[0], 1, 4)),
    },
  );
};

export const product = (a: Shape, b: Shape | Constant, transposeA = false, transposeB = false): Case =>
  one(
    `${a.join('x')} by ${'kind' in b ? 'what is known' : b.join('x')}${transposeA ? ', a turned' : ''}${transposeB ? ', b turned' : ''}`,
    { kind: 'matmul', transposeA, transposeB },
    { a, b },
  );

export const attending = (title: string, q: Shape, v: Shape, heads: number, mask?: Shape | Constant): Case =>
  one(
    title,
    { kind: 'attention', heads, scale: 0.3, masked: mask !== undefined },
    {
      ...{ q, k: [v[0], v[1], q[2]], v },
      ...(mask && { mask }),
    },
  );

export const lineCases = {
  reduce: [
    poolThen('the mean of each plane', 'mean', [2, 7, 9, 5]),
    reducing('the sum of rows', 'sum', [1], [9, 130]),
    reducing('the largest of columns', 'max', [0], [130, 9]),
    reducing('the smallest of two axes', 'min', [1, 2], [3, 8, 9, 4]),
    reducing('the product of all', 'prod', [0, 1], [6, 7]),
  ],
  softmax: [
    one('of rows', { kind: 'softmax', axis: 1 }, { x: [5, 131] }),
    one('of columns', { kind: 'softmax', axis: 0 }, { x: [67, 5] }),
  ],
  'layer-norm': [normalised('of rows', [2, 4, 65]), normalised('of long rows', [1030, 257])],
  matmul: [
    product([2, 3, 35, 21], [2, 3, 21, 40]),
    product([9, 70], [61, 70], false, true),
    product([33, 17], [33, 12], true),
    product([33, 17], [9, 33], true, true),
    product([3, 12, 16], [16, 17]),
    product([12, 16], constant('b', tensor('f32', [3, 16, 17]), random(816, 1, 3))),
  ],
  attention: [
    attending('two heads, a mask for some', [2, 30, 8], [2, 35, 12], 2, [2, 1, 30, 35]),
    attending('many keys', [1, 40, 16], [1, 130, 16], 4),
    attending(
      'a mask that is known',
      [4, 9, 6],
      [4, 10, 6],
      2,
      constant('mask', tensor('f32', [2, 9, 10]), random(180, 1, 3)),
    ),
    attending('a mask that repeats', [1, 9, 6], [1, 10, 6], 2, [10]),
  ],
} satisfies Readonly<Record<string, readonly Case[]>>;
