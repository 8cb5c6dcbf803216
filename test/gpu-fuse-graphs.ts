/** Graphs whose steps are loops that targets for GPUs make one of, and the operators that they are made of. */
import { reorderLayout } from '../passes/reorder-layout.ts';
import type { Constant, Graph, Id } from '../src/graph/graph.ts';
import type { Op } from '../src/ops/index.ts';
import { planes } from '../targets/gpu/planes.ts';
import { wish } from '../targets/gpu/wish.ts';
import type { Making } from './plan/graphs.ts';
import { constant, graphOf, input, making } from './plan/graphs.ts';

/** One call after the other, each given names of those before it. */
export function chain(made: Making, ...calls: readonly (readonly [Id, Op, ...Id[]])[]): Making {
  for (const [id, op, ...inputs] of calls) if (!made.call(id, op, inputs)) throw new Error(`"${id}" has no type`);
  return made;
}

export const relu: Op = { kind: 'unary', fn: 'relu' };
export const neg: Op = { kind: 'unary', fn: 'neg' };
export const sigmoid: Op = { kind: 'unary', fn: 'sigmoid' };
export const plus: Op = { kind: 'binary', fn: 'add' };
export const times: Op = { kind: 'binary', fn: 'mul' };
export const concat = (axis: number, count = 2): Op => ({ kind: 'concat', axis, count });
export const reshape = (...shape: readonly number[]): Op => ({ kind: 'reshape', shape });
export const larger: Op = {
  kind: 'resize',
  method: 'bilinear',
  size: [8, 6],
  coordinates: 'half-pixel',
  rounding: 'floor',
};
export const softmax: Op = { kind: 'softmax', axis: 3 };
export const mean: Op = { kind: 'reduce', fn: 'mean', axes: [1, 2], keep: true };
export const around: Op = {
  ...{ kind: 'pad', before: [0, 1, 0, 0], after: [0, 0, 1, 0] },
  ...{ mode: 'constant', value: 0.5 },
};

export const picture = [1, 4, 3, 6] as const;

const relayout: Op = { kind: 'relayout' };

function laidOut(): Graph {
  const made = making(input('x', picture));
  const layout = planes(made.nodes[0].type);
  made.call('a', relayout, ['x'], layout);
  made.call('b', relu, ['a'], layout);
  return graphOf(chain(made, ['c', relayout, 'b']).nodes, 'c');
}

/** Pictures as they come from elsewhere, one channel after the other, which are planes. */
export function channelByChannel(op: Op, ...more: readonly Constant[]): Graph {
  const made = chain(making(input('x', [1, 6, 4, 3]), ...more), ['a', { kind: 'transpose', perm: [0, 2, 3, 1] }, 'x']);
  chain(made, ['b', op, 'a', ...more.map(({ id }) => id)]);
  return reorderLayout({ wish }).run(graphOf(made.nodes, 'b'), () => {});
}

const largest: Op = { kind: 'pool2d', fn: 'max', window: [2, 2], stride: [1, 1], pad: [0, 0, 0, 0], countPad: false };

/** Each with the operators of its steps once some are made one. */
export const chains: readonly { readonly title: string; readonly graph: Graph; readonly steps: readonly string[] }[] = [
  {
    title: 'elementwise steps behind a resize, in its loops',
    graph: graphOf(
      chain(
        making(input('x', picture), input('y', [1, 8, 6, 6])),
        ...[['a', larger, 'x'] as const, ['b', relu, 'a'] as const, ['c', plus, 'b', 'y'] as const],
      ).nodes,
      'c',
    ),
    steps: ['resize unary binary'],
  },
  {
    title: 'a value that is used twice',
    graph: graphOf(
      chain(making(input('x', [40])), ['a', neg, 'x'], ['b', sigmoid, 'a'], ['c', times, 'a', 'b']).nodes,
      'c',
    ),
    steps: ['unary unary binary'],
  },
  {
    title: 'transposes, slices and pads are read through',
    graph: graphOf(
      chain(
        making(input('x', picture)),
        ['a', neg, 'x'],
        ['b', { kind: 'transpose', perm: [0, 3, 1, 2] }, 'a'],
        ['c', { kind: 'slice', begin: [0, 1, 0, 0], size: [1, 5, 4, 3], step: [1, 1, 1, 1] }, 'b'],
        ['d', { kind: 'transpose', perm: [0, 2, 3, 1] }, 'c'],
        ['e', around, 'd'],
        ['f', relu, 'e'],
      ).nodes,
      'f',
    ),
    steps: ['unary transpose slice transpose pad unary'],
  },
  {
    title: 'sizes that repeat, in both operands',
    graph: graphOf(
      chain(
        making(input('x', [5, 1]), input('y', [1, 4]), constant('k', [4], 2)),
        ['a', plus, 'x', 'y'],
        ['b', times, 'a', 'k'],
        ['c', relu, 'b'],
      ).nodes,
      'c',
    ),
    steps: ['binary binary unary'],
  },
  {
    title: 'parts that are joined, twice, and what follows',
    graph: graphOf(
      chain(
        making(input('x', [1, 4, 3, 2]), input('y', [1, 2, 2, 2]), input('z', [1, 16, 3])),
        ['a', relu, 'x'],
        ['ar', reshape(1, 12, 2), 'a'],
        ['b', neg, 'y'],
        ['br', reshape(1, 4, 2), 'b'],
        ['c', concat(1), 'ar', 'br'],
        ['d', concat(2), 'c', 'z'],
        ['e', sigmoid, 'd'],
      ).nodes,
      'e',
    ),
    steps: ['unary unary concat concat unary'],
  },
  {
    title: 'pictures that come channel by channel',
    graph: channelByChannel(largest),
    steps: ['transpose relayout pool2d relayout'],
  },
  { title: 'layouts that change on the way', graph: laidOut(), steps: ['relayout unary relayout'] },
  {
    title: 'sums and what is done with each',
    graph: graphOf(chain(making(input('x', picture)), ['a', mean, 'x'], ['b', neg, 'a']).nodes, 'b'),
    steps: ['reduce unary'],
  },
  {
    title: 'whole numbers',
    graph: graphOf(
      chain(
        making(input('x', [1, 5, 7])),
        ['a', { kind: 'cast', to: 'i32' }, 'x'],
        ['b', plus, 'a', 'a'],
        ['c', { kind: 'cast', to: 'f32' }, 'b'],
      ).nodes,
      'c',
    ),
    steps: ['cast binary cast'],
  },
];

/** All of them side by side. */
export const allChains: Graph = {
  name: 'chains',
  file: 'chains',
  nodes: chains.flatMap(({ graph }, i) =>
    graph.nodes.map((node) => {
      const id = `${node.id}${i}`;
      if (node.kind === 'call') return { ...node, id, inputs: node.inputs.map((from) => `${from}${i}`) };
      return node.kind === 'input' ? { ...node, id, name: id } : { ...node, id };
    }),
  ),
  outputs: chains.map(({ graph }, i) => ({ name: `out${i}`, id: `${graph.outputs[0].id}${i}` })),
};
