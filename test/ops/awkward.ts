/**
 * Every operator on something awkward: ragged sizes, borders on one side, more pictures than one, sizes of 1.
 * A new operator does not compile until it has one.
 */
import type { Kind } from '../../src/ops/index.ts';
import type { Activation } from '../../src/ops/scalar.ts';
import type { Sample } from './law.ts';
import type { OpOf } from './makers.ts';
import { conv, convT, f, i, inf, pad, pool, resize, whole, x, y, z } from './makers.ts';

const activations: readonly Activation[] = ['none', 'relu', 'hard-swish', 'sigmoid'];

export const awkward: { readonly [K in Kind]: readonly Sample<OpOf<K>>[] } = {
  attention: [
    { op: { kind: 'attention', heads: 1, scale: 0.5, masked: false }, values: [x(2, 3, 2), y(2, 5, 2), z(2, 5, 3)] },
    {
      op: { kind: 'attention', heads: 3, scale: -0.25, masked: true },
      values: [x(2, 4, 6), y(2, 3, 6), z(2, 3, 3), x(1, 3, 4, 3)],
    },
    { op: { kind: 'attention', heads: 2, scale: 1, masked: true }, values: [x(1, 1, 4), y(1, 4, 4), z(1, 4, 2), x(4)] },
    {
      // Keys that nobody may see, the first of them among them.
      op: { kind: 'attention', heads: 1, scale: 1, masked: true },
      values: [x(1, 2, 2), y(1, 3, 2), z(1, 3, 2), f([2, 3], -inf, 0, 1, -inf, -inf, 2)],
    },
  ],
  'batch-norm': [
    { op: { kind: 'batch-norm', epsilon: 1e-3 }, values: [x(2, 3, 5, 3), y(3), z(3), x(3), f([3], 0, 1, 2)] },
  ],
  binary: [
    { op: { kind: 'binary', fn: 'sub' }, values: [x(2, 3, 5, 3), y(2, 3, 5, 3)] },
    { op: { kind: 'binary', fn: 'mul' }, values: [x(2, 3, 5, 3), y(2, 1, 1, 3)] },
    { op: { kind: 'binary', fn: 'max' }, values: [x(3), y(2, 3, 5, 1)] },
    { op: { kind: 'binary', fn: 'prelu' }, values: [x(2, 3, 5, 3), y(1, 1, 3)] },
    { op: { kind: 'binary', fn: 'greater' }, values: [x(2, 3, 1, 3), y(5, 1)] },
  ],
  cast: [
    { op: { kind: 'cast', to: 'i32' }, values: [x(2, 3, 5, 3)] },
    { op: { kind: 'cast', to: 'f32' }, values: [whole(2, 3, 5, 3)] },
    { op: { kind: 'cast', to: 'i32' }, values: [whole(4)] },
  ],
  concat: [0, 1, 2, 3].map((axis) => ({
    op: { kind: 'concat', axis, count: 2 },
    values: [x(...[2, 3, 5, 3].with(axis, 1)), y(...[2, 3, 5, 3].with(axis, 4))],
  })),
  'conv-transpose2d': [
    { op: convT({ stride: [2, 3], pad: [1, 0, 0, 1], size: [6, 9] }), values: [x(2, 3, 3, 4), y(3, 3, 2, 4), z(3)] },
    {
      op: convT({ dilation: [2, 1], size: [7, 4], activation: 'prelu' }),
      values: [x(1, 3, 3, 2), y(2, 3, 2, 2), z(2), x(1)],
    },
    { op: convT({ size: [1, 1] }), values: [x(1, 1, 1, 4), y(3, 1, 1, 4), z(3)] },
  ],
  conv2d: [
    ...activations.map((activation) => ({
      op: conv({ stride: [2, 1], pad: [0, 2, 1, 1], activation }),
      values: [x(2, 5, 4, 4), y(6, 3, 3, 4), z(6)],
    })),
    {
      op: conv({ dilation: [1, 2], pad: [3, 0, 0, 0], activation: 'prelu' }),
      values: [x(1, 4, 7, 3), y(5, 2, 3, 3), z(5), x(5)],
    },
    { op: conv({ groups: 2 }), values: [x(1, 3, 3, 8), y(6, 1, 1, 4), z(6)] },
    // Depthwise, two outputs for each channel.
    { op: conv({ groups: 3, pad: [1, 1, 1, 1] }), values: [x(1, 4, 4, 3), y(6, 3, 3, 1), z(6)] },
    { op: conv({ stride: [2, 1], pad: [0, 2, 1, 1] }), values: [whole(2, 5, 4, 4), whole(6, 3, 3, 4), whole(6)] },
    { op: conv({ groups: 3, pad: [1, 1, 1, 1] }), values: [whole(1, 4, 4, 3), whole(6, 3, 3, 1), whole(6)] },
    { op: conv({ groups: 2 }), values: [whole(1, 3, 3, 8), whole(6, 1, 1, 4), whole(6)] },
    // A dense layer in disguise: one pixel.
    { op: conv(), values: [x(1, 1, 1, 8), y(4, 1, 1, 8), z(4)] },
  ],
  dequantize: [
    { op: { kind: 'dequantize', axis: -1 }, values: [whole(2, 3, 5, 3), x(1), whole(1)] },
    ...[0, 1, 2, 3].map((axis) => ({
      op: { kind: 'dequantize' as const, axis },
      values: [whole(2, 3, 5, 4), x([2, 3, 5, 4][axis]), whole([2, 3, 5, 4][axis])],
    })),
    { op: { kind: 'dequantize', axis: -1 }, values: [whole(), x(1), whole(1)] },
  ],
  'depth-to-space': [{ op: { kind: 'depth-to-space', block: 3 }, values: [x(2, 2, 3, 18)] }],
  gather: [
    { op: { kind: 'gather', axis: 3 }, values: [x(2, 3, 5, 3), whole(4)] },
    { op: { kind: 'gather', axis: 0 }, values: [whole(3, 2), whole(2, 2, 2)] },
    { op: { kind: 'gather', axis: 1 }, values: [x(2, 4, 5), whole()] },
  ],
  'layer-norm': [
    { op: { kind: 'layer-norm', epsilon: 1e-3 }, values: [x(2, 3, 5, 3), y(3), z(3)] },
    { op: { kind: 'layer-norm', epsilon: 1 }, values: [x(2, 7), y(7), z(7)] },
    { op: { kind: 'layer-norm', epsilon: 0.5 }, values: [x(4, 1), y(1), z(1)] },
  ],
  linear: [
    { op: { kind: 'linear', activation: 'prelu' }, values: [x(3, 8), y(5, 8), z(5), x(5)] },
    { op: { kind: 'linear', activation: 'none' }, values: [x(2, 3, 5, 4), y(3, 4), z(3)] },
    { op: { kind: 'linear', activation: 'relu' }, values: [whole(2, 3, 5, 4), whole(3, 4), whole(3)] },
    { op: { kind: 'linear', activation: 'tanh' }, values: [x(4), y(1, 4), z(1)] },
  ],
  lookup: [
    { op: { kind: 'lookup', low: -2 }, values: [whole(2, 3, 5, 3), whole(4)] },
    { op: { kind: 'lookup', low: 0 }, values: [whole(2, 3, 5, 3), whole(3, 5)] },
    { op: { kind: 'lookup', low: 1 }, values: [whole(), whole(2)] },
  ],
  matmul: [
    { op: { kind: 'matmul', transposeA: false, transposeB: false }, values: [x(2, 3, 4, 5), y(2, 1, 5, 3)] },
    { op: { kind: 'matmul', transposeA: true, transposeB: true }, values: [x(3, 5, 4), y(2, 3, 6, 5)] },
    { op: { kind: 'matmul', transposeA: true, transposeB: false }, values: [x(5, 1), y(5, 2)] },
    { op: { kind: 'matmul', transposeA: false, transposeB: true }, values: [whole(2, 1, 4, 5), whole(3, 6, 5)] },
  ],
  pad: [
    { op: pad({ before: [0, 1, 0, 0], after: [0, 0, 2, 1], value: -3 }), values: [whole(2, 3, 5, 3)] },
    { op: pad({ before: [0, 0, 0, 0], after: [0, 0, 0, 5] }), values: [x(2, 3, 5, 3)] },
    { op: pad({ before: [0, 1, 2, 0], after: [1, 0, 3, 1] }), values: [x(2, 3, 5, 3)] },
    { op: pad({ before: [0, 2, 4, 2], after: [1, 0, 3, 1], mode: 'reflect' }), values: [x(2, 3, 5, 3)] },
    { op: pad({ before: [0, 3, 5, 3], after: [2, 0, 3, 1], mode: 'symmetric' }), values: [x(2, 3, 5, 3)] },
    { op: pad({ before: [0, 7, 5, 3], after: [2, 0, 9, 1], mode: 'edge' }), values: [x(2, 3, 5, 3)] },
    { op: pad({ before: [0], after: [0] }), values: [x(3)] },
    { op: pad({ before: [], after: [] }), values: [x()] },
    { op: pad({ value: -5 }), values: [whole(3)] },
    { op: pad({ value: -inf }), values: [x(3)] },
  ],
  pool2d: [
    { op: pool({ window: [3, 2], stride: [2, 3], pad: [0, 1, 2, 0] }), values: [x(2, 5, 7, 3)] },
    { op: pool({ fn: 'avg', window: [3, 2], stride: [2, 3], pad: [2, 0, 0, 1] }), values: [x(2, 5, 7, 3)] },
    { op: pool({ fn: 'avg', window: [3, 2], pad: [1, 1, 1, 1], countPad: true }), values: [x(1, 5, 7, 3)] },
    { op: pool({ fn: 'avg', window: [5, 7] }), values: [x(1, 5, 7, 3)] },
    { op: pool({ window: [1, 1], stride: [2, 2] }), values: [x(1, 5, 7, 3)] },
    { op: pool({ window: [3, 2], stride: [2, 3], pad: [0, 1, 2, 0] }), values: [whole(2, 5, 7, 3)] },
  ],
  quantize: [
    { op: { kind: 'quantize', axis: -1, low: -8, high: 7 }, values: [x(2, 3, 5, 3), f([1], 0.3), whole(1)] },
    ...[0, 1, 2, 3].map((axis) => ({
      op: { kind: 'quantize' as const, axis, low: -128, high: 127 },
      values: [x(2, 3, 5, 4), z([2, 3, 5, 4][axis]), whole([2, 3, 5, 4][axis])],
    })),
    { op: { kind: 'quantize', axis: -1, low: 0, high: 0 }, values: [x(), x(1), whole(1)] },
  ],
  reduce: (['sum', 'mean', 'max', 'min', 'prod'] as const).flatMap((fn) => [
    { op: { kind: 'reduce', fn, axes: [2, 1], keep: true }, values: [x(2, 3, 5, 3)] },
    { op: { kind: 'reduce', fn, axes: [3, 0], keep: false }, values: [x(2, 3, 5, 3)] },
    { op: { kind: 'reduce', fn, axes: [], keep: false }, values: [x(2, 3)] },
    { op: { kind: 'reduce', fn, axes: [0, 1], keep: true }, values: [fn === 'mean' ? x(2, 3) : whole(2, 3)] },
  ]),
  relayout: [
    { op: { kind: 'relayout' }, values: [x(2, 3, 5, 3)] },
    { op: { kind: 'relayout' }, values: [whole(2, 3, 5, 3)] },
  ],
  requantize: [
    // Shifts and multipliers beyond their bounds are among them.
    { op: { kind: 'requantize', low: -9, high: 7 }, values: [whole(2, 3, 5, 3), whole(3), whole(3), whole(1)] },
    { op: { kind: 'requantize', low: 0, high: 255 }, values: [whole(2, 3, 5, 3), i([1], 99), whole(3), whole(1)] },
    { op: { kind: 'requantize', low: -128, high: 127 }, values: [whole(), i([1], 99), i([1], 4), whole(1)] },
  ],
  reshape: [
    { op: { kind: 'reshape', shape: [5, 2, 3, 3] }, values: [x(2, 3, 5, 3)] },
    { op: { kind: 'reshape', shape: [90] }, values: [x(2, 3, 5, 3)] },
    { op: { kind: 'reshape', shape: [2, 3, 5, 3] }, values: [whole(6, 15)] },
    { op: { kind: 'reshape', shape: [] }, values: [x(1, 1, 1, 1)] },
  ],
  resize: (['bilinear', 'nearest'] as const).flatMap((method) => [
    ...(method === 'nearest' ? [{ op: resize({ method, size: [7, 2] }), values: [whole(2, 3, 5, 3)] }] : []),
    ...(['asymmetric', 'half-pixel', 'align-corners'] as const).flatMap((coordinates) => [
      { op: resize({ method, coordinates, size: [7, 3], rounding: 'round' }), values: [x(2, 3, 5, 3)] },
      { op: resize({ method, coordinates, size: [2, 11] }), values: [x(1, 3, 5, 3)] },
      { op: resize({ method, coordinates, size: [1, 1], rounding: 'round' }), values: [x(1, 4, 4, 2)] },
      { op: resize({ method, coordinates, size: [3, 3] }), values: [x(1, 1, 1, 2)] },
    ]),
  ]),
  'resize-sums': (['asymmetric', 'half-pixel', 'align-corners'] as const).flatMap((coordinates) => [
    { op: { kind: 'resize-sums', coordinates, size: [7, 2] }, values: [whole(2, 3, 5, 3)] },
    { op: { kind: 'resize-sums', coordinates, size: [1, 11] }, values: [whole(1, 4, 5, 2)] },
    { op: { kind: 'resize-sums', coordinates, size: [3, 3] }, values: [whole(1, 1, 1, 2)] },
  ]),
  select: [
    { op: { kind: 'select' }, values: [whole(2, 3, 5, 3), x(2, 3, 5, 3), y(3)] },
    { op: { kind: 'select' }, values: [whole(5, 1), whole(2, 1, 1, 3), whole(3, 1, 1)] },
  ],
  slice: [
    { op: { kind: 'slice', begin: [1, 0, 4, 1], size: [1, 2, 3, 2], step: [1, 2, -2, 1] }, values: [x(2, 3, 5, 3)] },
    { op: { kind: 'slice', begin: [], size: [], step: [] }, values: [x()] },
    { op: { kind: 'slice', begin: [2], size: [4], step: [0] }, values: [whole(3)] },
  ],
  softmax: [0, 1, 2, 3].map((axis) => ({ op: { kind: 'softmax', axis }, values: [x(2, 3, 5, 3)] })),
  'softmax-table': [0, 1, 2, 3].flatMap((axis) => [
    { op: { kind: 'softmax-table', axis } as const, values: [whole(2, 3, 5, 3), i([4], 32768, 20000, 0, 40000)] },
    { op: { kind: 'softmax-table', axis } as const, values: [whole(2, 3, 1, 3), i([1], 7)] },
  ]),
  'space-to-depth': [{ op: { kind: 'space-to-depth', block: 3 }, values: [x(2, 6, 9, 2)] }],
  tile: [
    { op: { kind: 'tile', repeats: [1, 2, 1, 3] }, values: [x(2, 3, 5, 3)] },
    { op: { kind: 'tile', repeats: [] }, values: [x()] },
  ],
  'top-k': (['values', 'indices'] as const).flatMap((output) => [
    { op: { kind: 'top-k', k: 3, output }, values: [x(2, 3, 5, 4)] },
    { op: { kind: 'top-k', k: 1, output }, values: [x(7)] },
    { op: { kind: 'top-k', k: 6, output }, values: [whole(3, 6)] },
    { op: { kind: 'top-k', k: 1, output }, values: [x(1)] },
  ]),
  transpose: [
    { op: { kind: 'transpose', perm: [3, 1, 0, 2] }, values: [x(2, 3, 5, 3)] },
    { op: { kind: 'transpose', perm: [] }, values: [x()] },
  ],
  unary: [{ op: { kind: 'unary', fn: 'relu6' }, values: [x(2, 3, 5, 3)] }],
};
