/** Operators mean what TensorFlow.js means by theirs: `evaluate` against tfjs on its WebAssembly backend. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Op } from '../src/ops/index.ts';
import type { Value } from '../src/ops/rules.ts';
import type { Sample } from './ops/law.ts';
import { distance, meaning, some, typeOfSample } from './ops/law.ts';
import { conv, convT, pad, pool, resize } from './ops/makers.ts';
import { startBackend } from './tfjs.ts';

beforeAll(startBackend);

const x = (...shape: readonly number[]): Value => some('f32', shape, 1);
const y = (...shape: readonly number[]): Value => some('f32', shape, 2);
const zero = (size: number): Value => ({ ...some('f32', [size]), data: new Float32Array(size) });

const given = ({ type, data }: Value): tf.Tensor =>
  tf.tensor(data as Float32Array | Int32Array, [...type.shape], type.dtype === 'i32' ? 'int32' : 'float32');

/** OHWI as tfjs wants it: HWIO, or HWIM for depthwise weights, or HWOI for transposed ones. */
const kernel = (weights: Value, perm: readonly number[]): tf.Tensor4D =>
  tf.transpose(given(weights), [...perm]) as tf.Tensor4D;

function expectSame(sample: Sample, tensor: tf.Tensor): void {
  expect(typeOfSample(sample).shape).toEqual(tensor.shape);
  const theirs = tensor.dataSync();
  expect(distance(meaning(sample), Float32Array.from(theirs))).toBeLessThanOrEqual(5e-6);
}

const on = <O extends Op>(op: O, ...values: readonly Value[]): Sample<O> => ({ op, values });

describe('windows', () => {
  test.each([
    [[1, 1], [1, 1], 'valid', [0, 0, 0, 0]],
    [[2, 2], [1, 1], 'same', [0, 1, 1, 1]],
    [[1, 1], [2, 2], 'same', [2, 2, 2, 2]],
  ] as const)('conv2d, stride %j, dilation %j, %s', (stride, dilation, padding, borders) => {
    const [image, weights] = [x(2, 8, 7, 3), y(5, 3, 3, 3)];
    const theirs = tf.conv2d(given(image) as tf.Tensor4D, kernel(weights, [1, 2, 3, 0]), [...stride], padding, 'NHWC', [
      ...dilation,
    ]);
    expectSame(on(conv({ stride, dilation, pad: borders }), image, weights, zero(5)), theirs);
  });

  test('depthwise, with a multiplier', () => {
    const [image, weights] = [x(1, 6, 6, 3), y(6, 3, 3, 1)];
    // Ours are [c · m, h, w, 1], channel by channel; theirs [h, w, c, m].
    const theirs = tf.depthwiseConv2d(
      given(image) as tf.Tensor4D,
      tf.transpose(tf.reshape(given(weights), [3, 2, 3, 3]), [2, 3, 0, 1]),
      1,
      'same',
    );
    expectSame(on(conv({ groups: 3, pad: [1, 1, 1, 1] }), image, weights, zero(6)), theirs);
  });

  test.each([
    ['same', [8, 6], [0, 0, 1, 1]],
    ['valid', [9, 7], [0, 0, 0, 0]],
  ] as const)('conv2dTranspose, %s', (padding, size, borders) => {
    const [image, weights] = [x(1, 4, 3, 2), y(5, 3, 3, 2)];
    const theirs = tf.conv2dTranspose(
      given(image) as tf.Tensor4D,
      kernel(weights, [1, 2, 0, 3]),
      [1, ...size, 5],
      2,
      padding,
    );
    expectSame(on(convT({ stride: [2, 2], pad: borders, size }), image, weights, zero(5)), theirs);
  });

  test.each(['max', 'avg'] as const)('%s pooling does not count padding', (fn) => {
    const image = x(2, 7, 6, 3);
    const tensor = given(image) as tf.Tensor4D;
    const theirs = fn === 'max' ? tf.maxPool(tensor, 3, 2, 'same') : tf.avgPool(tensor, 3, 2, 'same');
    expectSame(on(pool({ fn, window: [3, 3], stride: [2, 2], pad: [1, 0, 1, 1] }), image), theirs);
  });
});

describe('pictures', () => {
  const image = x(2, 5, 4, 3);
  const tensor = (): tf.Tensor4D => given(image) as tf.Tensor4D;

  test.each([
    ['asymmetric', 'floor', false, false],
    ['half-pixel', 'round', false, true],
    ['align-corners', 'round', true, false],
  ] as const)('resize %s', (coordinates, rounding, alignCorners, halfPixel) => {
    for (const size of [
      [9, 8],
      [3, 7],
      [1, 1],
      [10, 2],
    ] as const) {
      const bilinear = tf.image.resizeBilinear(tensor(), [...size], alignCorners, halfPixel);
      expectSame(on(resize({ size, coordinates }), image), bilinear);
      const nearest = tf.image.resizeNearestNeighbor(tensor(), [...size], alignCorners, halfPixel);
      expectSame(on(resize({ method: 'nearest', size, coordinates, rounding }), image), nearest);
    }
  });

  test('depthToSpace and back', () => {
    const deep = x(2, 3, 2, 12);
    expectSame(on({ kind: 'depth-to-space', block: 2 }, deep), tf.depthToSpace(given(deep) as tf.Tensor4D, 2));
    const spread = {
      type: typeOfSample(on({ kind: 'depth-to-space', block: 2 }, deep)),
      data: meaning(on({ kind: 'depth-to-space', block: 2 }, deep)),
    };
    expectSame(on({ kind: 'space-to-depth', block: 2 }, spread), given(deep));
  });

  test('batchNorm', () => {
    const [mean, variance, offset, scale] = [y(3), { ...zero(3), data: Float32Array.of(0.5, 1, 2) }, x(3), y(3)];
    const theirs = tf.batchNorm(
      tensor(),
      given(mean) as tf.Tensor1D,
      given(variance) as tf.Tensor1D,
      given(offset) as tf.Tensor1D,
      given(scale) as tf.Tensor1D,
      0.01,
    );
    expectSame(on({ kind: 'batch-norm', epsilon: 0.01 }, image, scale, offset, mean, variance), theirs);
  });

  test('pad and mirrorPad', () => {
    const [before, after] = [
      [0, 1, 2, 0],
      [0, 2, 1, 1],
    ];
    const borders = before.map((b, axis): [number, number] => [b, after[axis]]);
    expectSame(on(pad({ before, after, value: 1.5 }), image), tf.pad(tensor(), borders, 1.5));
    for (const mode of ['reflect', 'symmetric'] as const)
      expectSame(on(pad({ before, after, mode }), image), tf.mirrorPad(tensor(), borders, mode));
  });
});

describe('the rest', () => {
  const cube = x(3, 4, 5);

  test('softmax', () => expectSame(on({ kind: 'softmax', axis: 2 }, cube), tf.softmax(given(cube))));

  test('matMul, both ways round', () => {
    const [a, b] = [x(2, 5, 4), y(2, 3, 5)];
    expectSame(
      on({ kind: 'matmul', transposeA: true, transposeB: true }, a, b),
      tf.matMul(given(a), given(b), true, true),
    );
  });

  test('topk', () => {
    const { values, indices } = tf.topk(given(cube), 3);
    expectSame(on({ kind: 'top-k', k: 3, output: 'values' }, cube), values);
    expectSame(on({ kind: 'top-k', k: 3, output: 'indices' }, cube), indices);
  });

  test('gather, stridedSlice backwards, tile, transpose, concat', () => {
    const indices: Value = { type: { ...cube.type, dtype: 'i32', shape: [2, 2] }, data: Int32Array.of(3, 0, 1, 3) };
    expectSame(
      on({ kind: 'gather', axis: 1 }, cube, indices),
      tf.gather(given(cube), given(indices) as tf.Tensor2D, 1),
    );
    expectSame(
      on({ kind: 'slice', begin: [0, 3, 1], size: [2, 2, 2], step: [2, -2, 3] }, cube),
      tf.stridedSlice(given(cube), [0, 3, 1], [3, 0, 5], [2, -2, 3]),
    );
    expectSame(on({ kind: 'tile', repeats: [2, 1, 3] }, cube), tf.tile(given(cube), [2, 1, 3]));
    expectSame(on({ kind: 'transpose', perm: [2, 0, 1] }, cube), tf.transpose(given(cube), [2, 0, 1]));
    expectSame(on({ kind: 'concat', axis: 1, count: 2 }, cube, cube), tf.concat([given(cube), given(cube)], 1));
  });

  test.each([
    ['sum', tf.sum],
    ['mean', tf.mean],
    ['max', tf.max],
    ['min', tf.min],
    ['prod', tf.prod],
  ] as const)('%s', (fn, theirs) => {
    expectSame(on({ kind: 'reduce', fn, axes: [0, 2], keep: true }, cube), theirs(given(cube), [0, 2], true));
  });

  test.each([
    ['relu6', tf.relu6],
    ['sigmoid', tf.sigmoid],
    ['tanh', tf.tanh],
    ['elu', tf.elu],
    ['softplus', tf.softplus],
    ['exp', tf.exp],
    ['abs', tf.abs],
    ['round', tf.round],
    ['sign', tf.sign],
    ['square', tf.square],
    ['floor', tf.floor],
  ] as const)('%s', (fn, theirs) => expectSame(on({ kind: 'unary', fn }, cube), theirs(given(cube))));

  test.each([
    ['sub', tf.sub],
    ['div', tf.div],
    ['div-no-nan', tf.divNoNan],
    ['maximum', tf.maximum],
    ['squared-difference', tf.squaredDifference],
    ['prelu', tf.prelu],
    ['less', tf.less],
    ['greater-equal', tf.greaterEqual],
  ] as const)('%s', (fn, theirs) => {
    const row = y(5);
    const op: Op = { kind: 'binary', fn: fn === 'maximum' ? 'max' : fn };
    expectSame(on(op, cube, row), theirs(given(cube), given(row)));
  });
});
