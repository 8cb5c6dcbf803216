/** What layers refuse, word for word: products, pools, normalisation and quantities. */
import { activations } from '../../src/ops/epilogue.ts';
import { tensor } from '../../src/tensor/type.ts';
import type { Refused } from './makers.ts';
import { conv, convT, i32, nan, pool, refused } from './makers.ts';

const matmul = (transposeA: unknown, transposeB: unknown): object => ({ kind: 'matmul', transposeA, transposeB });
const quantize = (low: number, high: number): object => ({ kind: 'quantize', axis: -1, low, high });
const image = [1, 8, 8, 4];
const weights = [6, 3, 3, 4];
const most = 2147483647;

export const layerRefusals = {
  attention: [
    refused(
      { kind: 'attention', heads: 0, scale: 1, masked: false },
      [
        [1, 2, 4],
        [1, 2, 4],
        [1, 2, 4],
      ],
      'takes a whole number in 1..2147483647 as "heads" and is given 0',
    ),
    refused(
      { kind: 'attention', heads: 3, scale: 1, masked: false },
      [
        [1, 2, 4],
        [1, 2, 4],
        [1, 2, 6],
      ],
      'shares 4 and 6 channels among 3 heads',
    ),
    refused(
      { kind: 'attention', heads: 1, scale: 1, masked: false },
      [
        [1, 2, 4],
        [1, 3, 4],
        [1, 2, 4],
      ],
      'cannot pair [1, 2, 4], [1, 3, 4] and [1, 2, 4]',
    ),
    refused(
      { kind: 'attention', heads: 1, scale: 1, masked: false },
      [
        [2, 4],
        [1, 3, 4],
        [1, 2, 4],
      ],
      'takes a 3-D "q" and is given [2, 4]',
    ),
    refused(
      { kind: 'attention', heads: 2, scale: 1, masked: true },
      [
        [1, 2, 4],
        [1, 3, 4],
        [1, 3, 4],
        [2, 2, 2, 3],
      ],
      'has scores of [1, 2, 2, 3] and is given a mask of [2, 2, 2, 3]',
    ),
    refused(
      { kind: 'attention', heads: 1, scale: 1, masked: false },
      [i32(1, 2, 4), [1, 2, 4], [1, 2, 4]],
      'takes f32 as "q" and is given i32',
    ),
  ],
  'layer-norm': [
    refused(
      { kind: 'layer-norm', epsilon: -1 },
      [[4], [4], [4]],
      'takes a number that is not negative as "epsilon" and is given -1',
    ),
    refused({ kind: 'layer-norm', epsilon: 0 }, [[], [4], [4]], 'takes "x" with at least 1 axis and is given []'),
    refused(
      { kind: 'layer-norm', epsilon: 0 },
      [[2, 4], [4], [2]],
      'has 4 channels and is given "offset" of shape [2]',
    ),
    refused({ kind: 'layer-norm', epsilon: 0 }, [i32(4), [4], [4]], 'takes f32 as "x" and is given i32'),
  ],
  'batch-norm': [
    refused(
      { kind: 'batch-norm', epsilon: -1 },
      [[4], [4], [4], [4], [4]],
      'takes a number that is not negative as "epsilon" and is given -1',
    ),
    refused(
      { kind: 'batch-norm', epsilon: 0 },
      [[], [4], [4], [4], [4]],
      'takes "x" with at least 1 axis and is given []',
    ),
    refused(
      { kind: 'batch-norm', epsilon: 0 },
      [image, [4], [4], [5], [4]],
      'has 4 channels and is given "mean" of shape [5]',
    ),
    refused({ kind: 'batch-norm', epsilon: 0 }, [i32(4), [4], [4], [4], [4]], 'takes f32 as "x" and is given i32'),
  ],
  'conv-transpose2d': [
    refused(
      convT({ stride: [0, 1] }),
      [image, weights, [6]],
      'takes a list of 2 whole numbers in 1..16777216 as "stride" and is given [0, 1]',
    ),
    refused(convT(), [image, [6, 3, 3, 5], [6]], 'takes 5 channels and is given 4'),
    refused(convT(), [image, weights, [5]], 'has 6 outputs and a bias of shape [5]'),
    refused(
      convT({ size: [2] }),
      [image, weights, [6]],
      'takes a list of 2 whole numbers in 1..16777216 as "size" and is given [2]',
    ),
    refused(
      convT({ dilation: [16777216, 1] }),
      [image, [6, 200, 3, 4], [6]],
      'would give 3338665992x10 pixels before it is cut',
    ),
  ],
  conv2d: [
    refused(
      conv({ residual: true }),
      [image, weights, [6], [1, 6, 6, 4]],
      'gives [1, 6, 6, 6] and cannot add [1, 6, 6, 4]',
    ),
    refused(
      conv({ residual: true }),
      [image, weights, [6], i32(1, 6, 6, 6)],
      'takes f32 as "residual" and is given i32',
    ),
    refused(
      { ...conv(), residual: false },
      [image, weights, [6]],
      'takes true or nothing as "residual" and is given false',
    ),
    refused(conv(), [[8, 8, 4], weights, [6]], 'takes a 4-D "x" and is given [8, 8, 4]'),
    refused(conv(), [image, [6, 4], [6]], 'takes a 4-D "weights" and is given [6, 4]'),
    refused(conv(), [image, [6, 3, 3, 5], [6]], 'takes 5 channels and is given 4'),
    refused(conv({ groups: 2 }), [image, [5, 3, 3, 2], [5]], 'cannot share 5 outputs among 2 groups'),
    refused(conv(), [image, [6, 9, 9, 4], [6]], 'has a kernel of 9x9 taps that does not fit the padded input of 8x8'),
    refused(conv(), [image, weights, [6, 1]], 'has 6 outputs and a bias of shape [6, 1]'),
    refused(
      conv({ activation: 'prelu' }),
      [image, weights, [6], [8, 8, 6]],
      'has 6 outputs and slopes of shape [8, 8, 6]',
    ),
    refused(
      conv({ pad: [0, -1, 0, 0] }),
      [image, weights, [6]],
      'takes a list of 4 whole numbers in 0..16777216 as "pad" and is given [0, -1, 0, 0]',
    ),
    refused(
      conv({ groups: nan }),
      [image, weights, [6]],
      `takes a whole number in 1..${most} as "groups" and is given NaN`,
    ),
    refused(
      { kind: 'conv2d' },
      [image, weights, [6]],
      'takes a list of 2 whole numbers in 1..16777216 as "stride" and is given undefined',
    ),
    refused(conv(), [i32(1, 8, 8, 4), weights, [6]], 'takes i32 as "weights" and is given f32'),
    refused(conv(), [image, weights, i32(6)], 'takes f32 as "bias" and is given i32'),
    refused(
      conv({ activation: 'tanh' }),
      [i32(1, 8, 8, 4), i32(6, 3, 3, 4), i32(6)],
      'takes "none" or "relu" as "activation" of i32 and is given "tanh"',
    ),
    refused(conv(), [tensor('u8', image), weights, [6]], 'takes f32 as "x" and is given u8'),
    refused(
      conv({ pad: [16777216, 16777216, 0, 0] }),
      [image, weights, [6]],
      `would give [1, 16777222, 16777222, 6], and no value may have over ${most} elements`,
    ),
  ],
  dequantize: [
    refused({ kind: 'dequantize', axis: -1 }, [[4], [1], i32(1)], 'takes i32 as "x" and is given f32'),
    refused({ kind: 'dequantize', axis: 0 }, [i32(4), [1], i32(4)], 'takes "scale" of [4] and is given [1]'),
    refused({ kind: 'dequantize', axis: -1 }, [i32(4), [], i32(1)], 'takes "scale" of [1] and is given []'),
    refused(
      { kind: 'dequantize', axis: 1 },
      [i32(4), [4], i32(4)],
      'takes a whole number in -1..0 as "axis" and is given 1',
    ),
  ],
  linear: [
    refused({ kind: 'linear', activation: 'none' }, [[1, 8], [3, 7], [3]], 'takes 7 features and is given 8'),
    refused(
      { kind: 'linear', activation: 'none' },
      [[8], [3, 8, 1], [3]],
      'takes a 2-D "weights" and is given [3, 8, 1]',
    ),
    refused({ kind: 'linear', activation: 'none' }, [[8], [3, 8], [1]], 'has 3 outputs and a bias of shape [1]'),
    refused(
      { kind: 'linear', activation: 'is-nan' },
      [[8], [3, 8], [3]],
      `takes ${activations.what} as "activation" and is given "is-nan"`,
    ),
    refused(
      { kind: 'linear', activation: 'prelu' },
      [i32(8), i32(3, 8), i32(3), i32(3)],
      'takes "none" or "relu" as "activation" of i32 and is given "prelu"',
    ),
  ],
  matmul: [
    refused(
      matmul(false, false),
      [
        [2, 3],
        [2, 3],
      ],
      'multiplies 3 columns by 2 rows',
    ),
    refused(
      matmul(true, false),
      [
        [2, 3],
        [3, 3],
      ],
      'multiplies 2 columns by 3 rows',
    ),
    refused(matmul(false, false), [i32(2, 2), [2, 3]], 'takes i32 as "b" and is given f32'),
    refused(matmul(false, false), [[2], [2, 3]], 'takes "a" with at least 2 axes and is given [2]'),
    refused(
      matmul(false, false),
      [
        [2, 2, 3],
        [4, 3, 1],
      ],
      'cannot broadcast [2, 2, 3] with [4, 3, 1]',
    ),
    refused(
      matmul(1, false),
      [
        [2, 3],
        [3, 2],
      ],
      'takes true or false as "transposeA" and is given 1',
    ),
  ],
  pool2d: [
    refused(pool({ pad: [0, 0, 2, 0] }), [image], 'has a window of 2x2 that padding of [0, 0, 2, 0] can cover'),
    refused(pool({ window: [9, 2] }), [image], 'has a window of 9x2 that does not fit the padded input of 8x8'),
    refused(pool({ fn: 'avg' }), [i32(1, 8, 8, 4)], 'takes f32 as "x" and is given i32'),
    refused({ ...pool(), fn: 'toString' }, [image], 'takes "max" or "avg" as "fn" and is given "toString"'),
  ],
  quantize: [
    refused(quantize(0, 255), [i32(4), [1], i32(1)], 'takes f32 as "x" and is given i32'),
    refused(quantize(0, 255), [[4], [1], [1]], 'takes i32 as "zero" and is given f32'),
    refused(quantize(0, 255), [[4], [1], i32(2)], 'takes "zero" of [1] and is given [2]'),
    refused(quantize(7, -8), [[4], [1], i32(1)], 'takes "low" up to "high" and is given 7 and -8'),
    refused(
      quantize(0, 2 ** 25),
      [[4], [1], i32(1)],
      'takes a whole number in -16777216..16777216 as "high" and is given 33554432',
    ),
  ],
  softmax: [
    refused({ kind: 'softmax', axis: 4 }, [image], 'takes a whole number in 0..3 as "axis" and is given 4'),
    refused({ kind: 'softmax', axis: 0 }, [[]], 'takes "x" with at least 1 axis and is given []'),
  ],
} satisfies Readonly<Record<string, readonly Refused[]>>;
