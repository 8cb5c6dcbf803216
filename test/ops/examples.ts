/** Every operator on something small enough to work out by hand. A new operator does not compile until it has one. */
import type { Kind, Op } from '../../src/ops/index.ts';
import { quantisedExamples } from './examples-quantised.ts';
import type { Sample } from './law.ts';
import type { OpOf } from './makers.ts';
import { conv, convT, f, i, inf, nan, pad, pool, resize } from './makers.ts';

/** A sample with the numbers that it must give. */
export interface Example<O extends Op> extends Sample<O> {
  readonly gives: readonly number[];
}

const line = f([1, 1, 3, 1], 10, 20, 40);
const abcd = f([4], 1, 2, 3, 4);
const count6 = f([2, 3], 1, 2, 3, 4, 5, 6);

export const examples: { readonly [K in Kind]: readonly Example<OpOf<K>>[] } = {
  ...quantisedExamples,
  attention: [
    {
      // Equal scores share evenly; the mask hides the second key from the second query.
      op: { kind: 'attention', heads: 1, scale: 1, masked: true },
      values: [
        f([1, 2, 1], 0, 3),
        f([1, 2, 1], 5, 5),
        f([1, 2, 2], 1, 2, 3, 6),
        f([1, 1, 2, 2], 0, 0, 0, Number.NEGATIVE_INFINITY),
      ],
      gives: [2, 4, 1, 2],
    },
    {
      // Two heads, each with keys of its own: scores 0 and log 3, and the other way round.
      op: { kind: 'attention', heads: 2, scale: 0.5, masked: false },
      values: [f([1, 1, 2], 2, -2), f([1, 2, 2], 0, 0, Math.log(3), Math.log(3)), f([1, 2, 2], 4, 4, 8, 8)],
      gives: [7, 5],
    },
  ],
  'batch-norm': [
    {
      op: { kind: 'batch-norm', epsilon: 1 },
      values: [f([1, 2, 2], 5, 1, 9, 2), f([2], 2, 1), f([2], 1, 0), f([2], 1, 1), f([2], 3, 0)],
      gives: [5, 0, 9, 1],
    },
  ],
  binary: [
    {
      op: { kind: 'binary', fn: 'add' },
      values: [f([2, 1], 1, 2), f([3], 10, 20, 30)],
      gives: [11, 21, 31, 12, 22, 32],
    },
    { op: { kind: 'binary', fn: 'less' }, values: [i([3], 1, 2, 3), i([], 2)], gives: [1, 0, 0] },
  ],
  cast: [
    {
      op: { kind: 'cast', to: 'i32' },
      values: [f([8], 1.9, -1.9, nan, inf, -inf, 3e9, -3e9, 2147483520)],
      gives: [1, -1, 0, 2147483520, -2147483648, 2147483520, -2147483648, 2147483520],
    },
    { op: { kind: 'cast', to: 'f32' }, values: [i([2], -3, 16777217)], gives: [-3, 16777216] },
  ],
  concat: [
    {
      op: { kind: 'concat', axis: 1, count: 3 },
      values: [f([2, 1], 1, 2), f([2, 2], 3, 4, 5, 6), f([2, 1], 7, 8)],
      gives: [1, 3, 4, 7, 2, 5, 6, 8],
    },
  ],
  'conv-transpose2d': [
    {
      // Each pixel puts down the kernel 1 2 / 3 4 times itself, two apart and overlapping nowhere.
      op: convT({ stride: [2, 2], size: [2, 4] }),
      values: [f([1, 1, 2, 1], 1, 10), f([1, 2, 2, 1], 1, 2, 3, 4), f([1], 100)],
      gives: [101, 102, 110, 120, 103, 104, 130, 140],
    },
    {
      // One apart they overlap; the first column is cut, and the last is bias alone.
      op: convT({ pad: [0, 1, 0, 0], size: [1, 3] }),
      values: [f([1, 1, 2, 1], 1, 10), f([1, 1, 2, 1], 1, 2), f([1], 0.5)],
      gives: [12.5, 20.5, 0.5],
    },
  ],
  conv2d: [
    {
      op: conv(),
      values: [f([1, 2, 3, 1], 1, 2, 3, 4, 5, 6), f([1, 2, 2, 1], 1, 10, 100, 1000), f([1], 0.5)],
      gives: [5421.5, 6532.5],
    },
    {
      // Two groups: output 0 reads channel 0, output 1 channel 1. Stride 2 and a column of zeros on the left.
      op: conv({ stride: [1, 2], pad: [0, 1, 0, 0], groups: 2, activation: 'prelu' }),
      values: [f([1, 1, 3, 2], 1, 10, 2, 20, 3, 30), f([2, 1, 2, 1], 1, 2, -1, -2), f([2], 0, 0), f([2], 1, 0.5)],
      gives: [2, -10, 8, -40],
    },
    {
      // 2^30 · 4 wraps around to 0, and 3 · 5 + 1 is left.
      op: conv({ activation: 'relu' }),
      values: [i([1, 1, 1, 2], 1073741824, 3), i([2, 1, 1, 2], 4, 5, 0, -1), i([2], 1, 1)],
      gives: [16, 0],
    },
    {
      // Depthwise: (2^31 − 1)² wraps around to 1.
      op: conv({ groups: 2 }),
      values: [i([1, 1, 1, 2], 2147483647, -7), i([2, 1, 1, 1], 2147483647, 3), i([2], 0, 1)],
      gives: [1, -20],
    },
    {
      // The residual comes last, after the slopes, and is added before the activation.
      op: conv({ activation: 'prelu', residual: true }),
      values: [
        f([1, 1, 2, 1], 1, 2),
        f([2, 1, 1, 1], 10, -10),
        f([2], 1, 1),
        f([1], 0.5),
        f([1, 1, 2, 2], 0, 5, -50, 3),
      ],
      gives: [11, -2, -14.5, -8],
    },
    {
      // 2^31 − 1 + 1 wraps around to −2^31 before the activation sees it.
      op: conv({ activation: 'relu', residual: true }),
      values: [i([1, 1, 1, 1], 2147483647), i([1, 1, 1, 1], 1), i([1], 0), i([1, 1, 1, 1], 1)],
      gives: [0],
    },
  ],
  'depth-to-space': [
    {
      op: { kind: 'depth-to-space', block: 2 },
      values: [f([1, 1, 2, 4], 1, 2, 3, 4, 5, 6, 7, 8)],
      gives: [1, 2, 5, 6, 3, 4, 7, 8],
    },
  ],
  gather: [
    {
      op: { kind: 'gather', axis: 1 },
      values: [count6, i([2, 2], 2, 0, -5, 7)],
      gives: [3, 1, 1, 3, 6, 4, 4, 6],
    },
  ],
  'layer-norm': [
    {
      op: { kind: 'layer-norm', epsilon: 3 },
      values: [f([1, 2, 2], 5, 7, 1, 1), f([2], 2, 4), f([2], 1, 0)],
      gives: [0, 2, 1, 0],
    },
  ],
  linear: [
    {
      op: { kind: 'linear', activation: 'relu' },
      values: [f([2, 2], 1, 2, -3, 1), f([3, 2], 1, 10, 100, 0, 0, -1), f([3], 0, 0.5, 0)],
      gives: [21, 100.5, 0, 7, 0, 0],
    },
    {
      op: { kind: 'linear', activation: 'none' },
      values: [i([3], 65537, 65537, -2), i([1, 3], 65537, 65537, 7), i([1], 0)],
      gives: [262132],
    },
  ],
  matmul: [
    {
      op: { kind: 'matmul', transposeA: false, transposeB: true },
      values: [f([1, 2], 1, 2), f([2, 2, 2], 1, 0, 0, 1, 3, 4, 5, 6)],
      gives: [1, 2, 11, 17],
    },
    {
      op: { kind: 'matmul', transposeA: false, transposeB: false },
      values: [i([1, 2], 2147483647, 3), i([2, 2], 2147483647, 1, 0, -4)],
      gives: [1, 2147483635],
    },
  ],
  pad: [
    { op: pad(), values: [abcd], gives: [9, 9, 1, 2, 3, 4, 9, 9] },
    { op: pad({ mode: 'edge' }), values: [abcd], gives: [1, 1, 1, 2, 3, 4, 4, 4] },
    { op: pad({ mode: 'reflect' }), values: [abcd], gives: [3, 2, 1, 2, 3, 4, 3, 2] },
    { op: pad({ mode: 'symmetric' }), values: [abcd], gives: [2, 1, 1, 2, 3, 4, 4, 3] },
  ],
  pool2d: [
    { op: pool({ window: [1, 2] }), values: [line], gives: [20, 40] },
    { op: pool({ fn: 'avg', window: [1, 2], pad: [0, 1, 0, 1] }), values: [line], gives: [10, 15, 30, 40] },
    {
      op: pool({ fn: 'avg', window: [1, 2], pad: [0, 1, 0, 1], countPad: true }),
      values: [line],
      gives: [5, 15, 30, 20],
    },
    { op: pool({ window: [1, 2], pad: [0, 1, 0, 0] }), values: [f([1, 1, 3, 1], -1, nan, -3)], gives: [-1, -1, -3] },
    {
      op: pool({ window: [1, 2], pad: [0, 1, 0, 0] }),
      values: [i([1, 1, 3, 1], -8, -2147483648, 7)],
      gives: [-8, -8, 7],
    },
  ],
  reduce: [
    { op: { kind: 'reduce', fn: 'sum', axes: [0], keep: false }, values: [count6], gives: [5, 7, 9] },
    { op: { kind: 'reduce', fn: 'mean', axes: [1], keep: true }, values: [count6], gives: [2, 5] },
    {
      op: { kind: 'reduce', fn: 'sum', axes: [0], keep: false },
      values: [i([2], 2147483647, 1)],
      gives: [-2147483648],
    },
    {
      op: { kind: 'reduce', fn: 'prod', axes: [1, 0], keep: false },
      values: [i([2, 2], 65536, 65537, 3, 1)],
      gives: [196608],
    },
    { op: { kind: 'reduce', fn: 'max', axes: [0], keep: false }, values: [f([3], nan, -2, -1)], gives: [-1] },
    { op: { kind: 'reduce', fn: 'min', axes: [0], keep: false }, values: [i([3], 4, -2, -1)], gives: [-2] },
  ],
  relayout: [{ op: { kind: 'relayout' }, values: [abcd], gives: [1, 2, 3, 4] }],
  reshape: [{ op: { kind: 'reshape', shape: [3, 1, 2] }, values: [count6], gives: [1, 2, 3, 4, 5, 6] }],
  resize: [
    { op: resize(), values: [f([1, 1, 2, 1], 0, 4)], gives: [0, 2, 4, 4] },
    { op: resize({ coordinates: 'half-pixel' }), values: [f([1, 1, 2, 1], 0, 4)], gives: [0, 1, 3, 4] },
    { op: resize({ coordinates: 'align-corners' }), values: [f([1, 1, 2, 1], 0, 3)], gives: [0, 1, 2, 3] },
    { op: resize({ size: [4, 1] }), values: [f([1, 2, 1, 1], 0, 4)], gives: [0, 2, 4, 4] },
    { op: resize({ method: 'nearest', size: [1, 2] }), values: [line], gives: [10, 20] },
    { op: resize({ method: 'nearest', size: [1, 2], rounding: 'round' }), values: [line], gives: [10, 40] },
    // TensorFlow's half_pixel_centers: floor((i + 0.5) · 3 / 2) = 0, 2.
    {
      op: resize({ method: 'nearest', size: [1, 2], coordinates: 'half-pixel', rounding: 'round' }),
      values: [line],
      gives: [10, 40],
    },
    // 49 · (1 / 49) is less than 1 in floating point; pixel 49 is still pixel 1.
    {
      op: resize({ method: 'nearest', size: [1, 98] }),
      values: [f([1, 1, 2, 1], 3, 4)],
      gives: Array.from({ length: 98 }, (_, at) => (at < 49 ? 3 : 4)),
    },
  ],
  select: [
    {
      op: { kind: 'select' },
      values: [i([2, 1], 5, 0), f([], 1), f([3], 10, 20, 30)],
      gives: [1, 1, 1, 10, 20, 30],
    },
  ],
  slice: [{ op: { kind: 'slice', begin: [0, 2], size: [2, 2], step: [1, -2] }, values: [count6], gives: [3, 1, 6, 4] }],
  softmax: [
    {
      op: { kind: 'softmax', axis: 0 },
      values: [f([2, 2], 0, 1000, Math.log(3), 1000)],
      gives: [0.25, 0.5, 0.75, 0.5],
    },
  ],
  'space-to-depth': [
    {
      op: { kind: 'space-to-depth', block: 2 },
      values: [f([1, 2, 4, 1], 1, 2, 5, 6, 3, 4, 7, 8)],
      gives: [1, 2, 3, 4, 5, 6, 7, 8],
    },
  ],
  tile: [{ op: { kind: 'tile', repeats: [2, 2] }, values: [f([1, 2], 1, 2)], gives: [1, 2, 1, 2, 1, 2, 1, 2] }],
  'top-k': [
    { op: { kind: 'top-k', k: 3, output: 'values' }, values: [f([5], 1, 7, nan, 7, -inf)], gives: [7, 7, 1] },
    { op: { kind: 'top-k', k: 5, output: 'indices' }, values: [f([5], 1, 7, nan, 7, -inf)], gives: [1, 3, 0, 2, 4] },
  ],
  transpose: [
    { op: { kind: 'transpose', perm: [1, 0] }, values: [count6], gives: [1, 4, 2, 5, 3, 6] },
    {
      op: { kind: 'transpose', perm: [2, 0, 1] },
      values: [f([1, 2, 3], 1, 2, 3, 4, 5, 6)],
      gives: [1, 4, 2, 5, 3, 6],
    },
  ],
  unary: [
    { op: { kind: 'unary', fn: 'abs' }, values: [f([3], -1, 2, -0)], gives: [1, 2, 0] },
    { op: { kind: 'unary', fn: 'is-nan' }, values: [f([3], -1, nan, inf)], gives: [0, 1, 0] },
    { op: { kind: 'unary', fn: 'not' }, values: [i([3], -1, 0, 1)], gives: [0, 1, 0] },
  ],
};
