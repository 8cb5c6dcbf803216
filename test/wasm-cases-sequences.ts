/** Layers of sequences for the kernels of the target wasm: attention, products of matrices, what runs along rows. */
import type { Op } from '../src/ops/index.ts';
import { tensor } from '../src/tensor/type.ts';
import type { WasmCase } from './wasm-cases-layers.ts';
import { constant, layered, sparse } from './wasm-graphs.ts';

type Shape = readonly number[];

const computed = (shapes: Readonly<Record<string, Shape>>) =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, tensor('f32', shape)]));

const layer = (title: string, op: Op, shapes: Readonly<Record<string, Shape>>): WasmCase => ({
  title: `${title} ${Object.values(shapes)
    .map((shape) => shape.join('x'))
    .join(', ')}`,
  graph: layered(op, computed(shapes)),
});

const matmulOf = (a: Shape, b: Shape, turned: { readonly a?: true; readonly b?: true } = {}): WasmCase =>
  layer(
    `product${turned.a ? ', a transposed' : ''}${turned.b ? ', b transposed' : ''}`,
    { kind: 'matmul', transposeA: turned.a ?? false, transposeB: turned.b ?? false },
    { a, b },
  );

export const matmul: readonly WasmCase[] = [
  matmulOf([9, 70], [70, 61]),
  matmulOf([4, 1], [1, 8]),
  matmulOf([1, 5], [5, 4]),
  matmulOf([3, 7], [7, 7]),
  matmulOf([2, 3, 5, 6], [2, 3, 6, 9]),
  matmulOf([3, 5, 6], [6, 17]),
  matmulOf([5, 6], [3, 6, 12]),
  matmulOf([6, 9], [6, 11], { a: true }),
  matmulOf([9, 6], [11, 6], { b: true }),
  matmulOf([2, 9, 6], [2, 13, 6], { b: true }),
  matmulOf([2, 3, 9], [13, 3], { a: true, b: true }),
];

interface Heads {
  readonly n?: number;
  readonly t: number;
  readonly s: number;
  readonly c: number;
  readonly e?: number;
  readonly heads: number;
  readonly mask?: Shape;
}

const attended = ({ n = 1, t, s, c, e = c, heads, mask }: Heads): WasmCase =>
  layer(
    `${heads} heads`,
    { kind: 'attention', heads, scale: 0.3, masked: mask !== undefined },
    { q: [n, t, c], k: [n, s, c], v: [n, s, e], ...(mask && { mask }) },
  );

export const attention: readonly WasmCase[] = [
  attended({ t: 5, s: 7, c: 6, heads: 2 }),
  attended({ t: 1, s: 1, c: 1, heads: 1 }),
  attended({ t: 28, s: 28, c: 16, heads: 4 }),
  attended({ n: 2, t: 61, s: 57, c: 12, e: 20, heads: 4 }),
  attended({ n: 2, t: 30, s: 9, c: 4, heads: 2, mask: [9] }),
  attended({ n: 2, t: 30, s: 9, c: 4, heads: 2, mask: [2, 1, 1, 9] }),
  attended({ n: 2, t: 30, s: 9, c: 4, heads: 2, mask: [2, 1, 1] }),
  attended({ n: 2, t: 30, s: 31, c: 4, heads: 2, mask: [30, 31] }),
  attended({ n: 2, t: 30, s: 31, c: 4, heads: 2, mask: [2, 30, 31] }),
  attended({ n: 2, t: 30, s: 31, c: 4, heads: 2, mask: [2, 1, 30, 31] }),
  attended({ n: 2, t: 30, s: 31, c: 4, heads: 2, mask: [2, 2, 30, 1] }),
];

export const softmax: readonly WasmCase[] = [
  [3, 7],
  [1, 1],
  [2, 5, 3],
  [1, 64],
  [4, 1000],
  [2, 9, 1],
].map((x) => layer('softmax', { kind: 'softmax', axis: x[x.length - 1] === 1 ? x.length - 2 : x.length - 1 }, { x }));

export const layerNorm: readonly WasmCase[] = [
  [3, 7],
  [1, 1],
  [2, 5, 3],
  [2, 4, 64],
  [1, 6, 769],
].map((x) => {
  const channels = [x[x.length - 1]];
  return {
    title: `layer normalisation ${x.join('x')}`,
    graph: layered(
      { kind: 'layer-norm', epsilon: 1e-5 },
      {
        x: tensor('f32', x),
        scale: constant('scale', tensor('f32', channels), sparse(channels[0], 1, 3)),
        offset: constant('offset', tensor('f32', channels), sparse(channels[0], 1, 4)),
      },
    ),
  };
});

export const transpose: readonly WasmCase[] = [
  ...(
    [
      [
        [9, 6],
        [1, 0],
      ],
      [
        [3, 8],
        [1, 0],
      ],
      [
        [4, 4],
        [1, 0],
      ],
      [
        [2, 5, 7],
        [0, 2, 1],
      ],
      [
        [2, 5, 7],
        [2, 0, 1],
      ],
      [
        [2, 5, 7],
        [1, 2, 0],
      ],
      [
        [2, 5, 1, 6],
        [0, 3, 2, 1],
      ],
      [
        [2, 3, 5, 9],
        [0, 2, 3, 1],
      ],
      [
        [1, 3, 5, 7],
        [0, 2, 3, 1],
      ],
    ] as const
  ).map(([x, perm]) => layer(`transpose ${perm.join(' ')} of`, { kind: 'transpose', perm }, { x })),
  {
    title: 'transpose of whole numbers',
    graph: layered({ kind: 'transpose', perm: [1, 0] }, { x: tensor('i32', [6, 5]) }),
  },
];
