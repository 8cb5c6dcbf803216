/**
 * What every operator refuses, word for word. A new operator does not compile until it has some.
 * Operators are untyped here, as they are in a model.
 */

import type { Kind } from '../../src/ops/index.ts';
import { tensor } from '../../src/tensor/type.ts';
import type { Refused } from './makers.ts';
import { i32, nan, pad, refused, resize } from './makers.ts';
import { layerRefusals } from './refusals-layers.ts';

const binary = (fn: unknown): object => ({ kind: 'binary', fn });
const concat = (axis: unknown, count: unknown): object => ({ kind: 'concat', axis, count });
const reduce = (fn: unknown, axes: unknown, keep: unknown = true): object => ({ kind: 'reduce', fn, axes, keep });
const requantize = (low: number, high: number): object => ({ kind: 'requantize', low, high });
const sums = (size: unknown): object => ({ kind: 'resize-sums', size, coordinates: 'asymmetric' });
const slice = (begin: unknown, size: unknown, step: unknown): object => ({ kind: 'slice', begin, size, step });
const topK = (k: unknown, output: unknown = 'values'): object => ({ kind: 'top-k', k, output });
const image = [1, 8, 8, 4];
const most = 2147483647;

export const refusals: Readonly<Record<Kind, readonly Refused[]>> = {
  ...layerRefusals,
  binary: [
    refused(binary('add'), [[2, 3], [2]], 'cannot broadcast [2, 3] with [2]'),
    refused(binary('add'), [[2], i32(2)], 'takes two values of one type and is given f32 and i32'),
    refused(binary('div'), [i32(2), i32(2)], 'takes f32 for "div" and is given i32'),
    refused(binary('bit-and'), [[2], [2]], 'takes i32 for "bit-and" and is given f32'),
    refused(binary('add'), [tensor('u8', [2]), tensor('u8', [2])], 'takes f32 for "add" and is given u8'),
    refused(
      binary('add'),
      [[65536, 1], [65536]],
      `would give [65536, 65536], and no value may have over ${most} elements`,
    ),
  ],
  cast: [refused({ kind: 'cast', to: 'u8' }, [[1]], 'takes "f32" or "i32" as "to" and is given "u8"')],
  concat: [
    refused(concat(0, 1e9), [], 'takes a whole number in 1..4096 as "count" and is given 1000000000'),
    refused(
      concat(2, 2),
      [
        [1, 2],
        [1, 2],
      ],
      'takes a whole number in 0..1 as "axis" and is given 2',
    ),
    refused(concat(0, 1), [[]], 'takes "x0" with at least 1 axis and is given []'),
    refused(
      concat(0, 2),
      [
        [1, 2],
        [1, 3],
      ],
      'cannot join [1, 2] and [1, 3] along axis 0',
    ),
    refused(concat(0, 2), [[1, 2], [1]], 'cannot join [1, 2] and [1] along axis 0'),
    refused(concat(0, 2), [[1], i32(1)], 'takes values of one type and is given f32 and i32'),
  ],
  'depth-to-space': [
    refused({ kind: 'depth-to-space', block: 3 }, [image], 'cannot spread 4 channels over 3x3 pixels'),
    refused({ kind: 'depth-to-space', block: 2 }, [[4]], 'takes a 4-D "x" and is given [4]'),
    refused(
      { kind: 'depth-to-space', block: 0 },
      [image],
      'takes a whole number in 1..16777216 as "block" and is given 0',
    ),
  ],
  gather: [
    refused({ kind: 'gather', axis: 0 }, [[4], [1]], 'takes i32 as "indices" and is given f32'),
    refused({ kind: 'gather', axis: -1 }, [[4], i32(1)], 'takes a whole number in 0..0 as "axis" and is given -1'),
    refused(
      { kind: 'gather', axis: 0 },
      [image, i32(1, 1, 1, 1, 1, 1)],
      'would give [1, 1, 1, 1, 1, 1, 8, 8, 4], and no value may have over 8 axes',
    ),
  ],
  pad: [
    refused(
      pad({ before: [1, 1] }),
      [[4]],
      'takes a list of 1 whole number in 0..16777216 as "before" and is given [1, 1]',
    ),
    refused(
      pad({ mode: 'reflect', before: [4] }),
      [[4]],
      'takes borders of at most 3 in mode "reflect" along axis 0 and is given 4 and 2',
    ),
    refused(
      pad({ mode: 'symmetric', after: [5] }),
      [[4]],
      'takes borders of at most 4 in mode "symmetric" along axis 0 and is given 2 and 5',
    ),
    refused(pad({ value: nan }), [i32(4)], `takes a whole number in -2147483648..${most} as "value" and is given NaN`),
  ],
  reduce: [
    refused(reduce('sum', [4]), [image], 'takes a list of different axes in 0..3 as "axes" and is given [4]'),
    refused(reduce('sum', [1, 1]), [image], 'takes a list of different axes in 0..3 as "axes" and is given [1, 1]'),
    refused(reduce('mean', [0]), [i32(4)], 'takes f32 as "x" and is given i32'),
    refused(reduce('median', [0]), [[4]], 'takes "sum", "mean", "prod", "max" or "min" as "fn" and is given "median"'),
  ],
  relayout: [refused({ kind: 'relayout' }, [[1, 0]], 'would give [1, 0], and no size may be below 1')],
  'resize-sums': [
    refused(sums([2, 2]), [[1, 2, 2, 1]], 'takes i32 as "x" and is given f32'),
    refused(sums([2, 2]), [i32(2, 2)], 'takes a 4-D "x" and is given [2, 2]'),
    refused(
      sums([2, 0]),
      [i32(1, 2, 2, 1)],
      'takes a list of 2 whole numbers in 1..16777216 as "size" and is given [2, 0]',
    ),
    refused(
      sums([4099, 4099]),
      [i32(1, 4096, 4096, 1)],
      'takes sizes with at most 4194304 steps and is given 67207204',
    ),
  ],
  'softmax-table': [
    refused({ kind: 'softmax-table', axis: 0 }, [[4], i32(2)], 'takes i32 as "x" and is given f32'),
    refused({ kind: 'softmax-table', axis: 0 }, [i32(4), i32()], 'takes a 1-D "table" and is given []'),
    refused(
      { kind: 'softmax-table', axis: 0 },
      [i32(2 ** 15), i32(2)],
      'takes at most 32767 numbers along the axis and is given 32768',
    ),
  ],
  lookup: [
    refused({ kind: 'lookup', low: 0 }, [[4], i32(2)], 'takes i32 as "x" and is given f32'),
    refused({ kind: 'lookup', low: 0 }, [i32(4), i32()], 'takes a 1-D "table" and is given []'),
    refused({ kind: 'lookup', low: 0 }, [i32(4), i32(3, 2)], 'takes "table" of [n] or [4, n] and is given [3, 2]'),
    refused({ kind: 'lookup', low: 0 }, [i32(), i32(1, 2)], 'takes "x" with at least 1 axis and is given []'),
    refused(
      { kind: 'lookup', low: 0 },
      [i32(4), i32(2 ** 25)],
      'takes "table" with at most 16777216 entries and is given [33554432]',
    ),
    refused(
      { kind: 'lookup', low: 0.5 },
      [i32(4), i32(2)],
      'takes a whole number in -16777216..16777216 as "low" and is given 0.5',
    ),
  ],
  requantize: [
    refused(requantize(0, 1), [[4], i32(1), i32(1), i32(1)], 'takes i32 as "x" and is given f32'),
    refused(requantize(0, 1), [i32(4), i32(3), i32(1), i32(1)], 'takes "multiplier" of [1] or [4] and is given [3]'),
    refused(requantize(0, 1), [i32(4), i32(4), i32(), i32(1)], 'takes "shift" of [1] or [4] and is given []'),
    refused(requantize(0, 1), [i32(4), i32(4), i32(4), i32(4)], 'takes "zero" of [1] and is given [4]'),
    refused(requantize(1, 0), [i32(4), i32(1), i32(1), i32(1)], 'takes "low" up to "high" and is given 1 and 0'),
    refused(
      requantize(0, 2 ** 31),
      [i32(4), i32(1), i32(1), i32(1)],
      'takes a whole number in -16777216..16777216 as "high" and is given 2147483648',
    ),
  ],
  reshape: [
    refused({ kind: 'reshape', shape: [5] }, [[2, 3]], 'cannot make [5] of [2, 3]'),
    refused(
      { kind: 'reshape', shape: [-1] },
      [[2, 3]],
      `takes a list of whole numbers in 1..${most} as "shape" and is given [-1]`,
    ),
    refused(
      { kind: 'reshape', shape: 6 },
      [[2, 3]],
      `takes a list of whole numbers in 1..${most} as "shape" and is given 6`,
    ),
    refused(
      { kind: 'reshape', shape: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] },
      [[1]],
      'would give [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, …], and no value may have over 8 axes',
    ),
  ],
  resize: [
    refused(
      resize({ size: [0, 1] }),
      [image],
      'takes a list of 2 whole numbers in 1..16777216 as "size" and is given [0, 1]',
    ),
    refused(resize({ size: [99991, 1] }), [[1, 99989, 1, 1]], 'cannot make 99991 pixels of 99989 in 32-bit arithmetic'),
    refused(resize(), [[1, nan, 8, 1]], 'takes sizes above zero for "x" and is given [1, NaN, 8, 1]'),
    refused(resize(), [i32(1, 8, 8, 4)], 'takes f32 as "x" and is given i32'),
    refused(resize(), [[8, 8]], 'takes a 4-D "x" and is given [8, 8]'),
  ],
  select: [
    refused({ kind: 'select' }, [[1], [1], [1]], 'takes i32 as "condition" and is given f32'),
    refused({ kind: 'select' }, [i32(1), [1], i32(1)], 'takes two values of one type and is given f32 and i32'),
    refused({ kind: 'select' }, [i32(2), [3], [1]], 'cannot broadcast [2] with [3] and [1]'),
  ],
  slice: [
    refused(slice([0], [9], [1]), [[8]], 'takes 0 to 8 along axis 0 and is given a size of 8'),
    refused(slice([2], [4], [-1]), [[8]], 'takes 2 to -1 along axis 0 and is given a size of 8'),
    refused(
      slice([0, 0], [1], [1]),
      [[8]],
      `takes a list of 1 whole number in 0..${most} as "begin" and is given [0, 0]`,
    ),
    refused(slice([0], [0], [1]), [[8]], `takes a list of 1 whole number in 1..${most} as "size" and is given [0]`),
  ],
  'space-to-depth': [
    refused({ kind: 'space-to-depth', block: 3 }, [image], 'cannot cut 8x8 pixels into blocks of 3x3'),
    refused(
      { kind: 'space-to-depth', block: 2.5 },
      [image],
      'takes a whole number in 1..16777216 as "block" and is given 2.5',
    ),
  ],
  tile: [
    refused(
      { kind: 'tile', repeats: [2] },
      [image],
      `takes a list of 4 whole numbers in 1..${most} as "repeats" and is given [2]`,
    ),
    refused(
      { kind: 'tile', repeats: [most, 1, 1, 1] },
      [image],
      `would give [${most}, 8, 8, 4], and no value may have over ${most} elements`,
    ),
  ],
  'top-k': [
    refused(topK(5), [image], 'takes a whole number in 1..4 as "k" and is given 5'),
    refused(topK(1, 'both'), [image], 'takes "values" or "indices" as "output" and is given "both"'),
    refused(topK(1), [[]], 'takes "x" with at least 1 axis and is given []'),
  ],
  transpose: [
    refused(
      { kind: 'transpose', perm: [1, 1] },
      [[2, 3]],
      'takes a list of different axes in 0..1 as "perm" and is given [1, 1]',
    ),
    refused({ kind: 'transpose', perm: [0] }, [[2, 3]], 'orders 1 of 2 axes'),
  ],
  unary: [refused({ kind: 'unary', fn: 'exp' }, [i32(2)], 'takes f32 for "exp" and is given i32')],
};
