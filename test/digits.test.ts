/** The digits example is what its README says: the data, the gradients that it adds to TensorFlow.js, the networks. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { inputOf, readDigits, shifted } from '../examples/digits/data.ts';
import { filterGradient, inputGradient } from '../examples/digits/gradients.ts';
import { nm } from '../src/formats/nm.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { layersOf } from '../src/prune/layers.ts';
import { countLive } from '../src/tensor/matrix.ts';
import { calibrationImages, countRight, digitGraph, digitModels, testDigits } from './digits.ts';
import { random } from './models.ts';
import { startBackend } from './tfjs.ts';

const digits = readDigits();
const { training, test: held } = digits;

test('8000 digits to train with and 2000 to test with, none of them in both, of every kind about as many', () => {
  expect([training.count, held.count]).toEqual([8000, 2000]);
  const text = ({ pictures }: typeof training, i: number) =>
    Buffer.from(pictures.subarray(i * 784, (i + 1) * 784)).toString('latin1');
  const trained = new Set(Array.from({ length: 8000 }, (_, i) => text(training, i)));
  expect(Array.from({ length: 2000 }, (_, i) => text(held, i)).filter((digit) => trained.has(digit))).toEqual([]);
  for (let digit = 0; digit < 10; digit++) {
    expect(training.labels.filter((l) => l === digit).length / 8000).toBeCloseTo(0.1, 1);
    expect(held.labels.filter((l) => l === digit).length / 2000).toBeCloseTo(0.1, 1);
  }
});

test('what a digit is moved by appears on the other side as paper', () => {
  const image = (down: number, across: number) => shifted(held, Uint32Array.of(7), Int8Array.of(down, across));
  const [still, moved] = [image(0, 0), image(2, -1)];
  for (let y = 0; y < 28; y++)
    for (let x = 0; x < 28; x++) {
      const from = y >= 2 && x + 1 < 28 ? still[(y - 2) * 28 + x + 1] : 0;
      expect(moved[y * 28 + x]).toBe(from);
    }
});

describe('the gradients of a convolution', () => {
  beforeAll(startBackend);

  // The convolution is linear in x and in its weights, so ⟨conv(x, w), dy⟩ is ⟨gradient, w⟩ and ⟨gradient, x⟩ for any x and w.
  test.each([
    { x: [2, 7, 5, 3], filter: [3, 3, 3, 4], stride: 1, pad: 'same' },
    { x: [3, 6, 6, 2], filter: [3, 3, 2, 5], stride: 2, pad: 'same' },
    { x: [1, 7, 9, 1], filter: [3, 2, 1, 2], stride: 2, pad: 'valid' },
    { x: [2, 5, 6, 4], filter: [2, 3, 4, 1], stride: 1, pad: 'valid' },
  ] as const)('$x with $filter, stride $stride, $pad', ({ x, filter, stride, pad }) => {
    const next = random(5);
    const drawn = (shape: readonly number[]) =>
      tf.tensor4d(
        Array.from({ length: shape.reduce((a, b) => a * b) }, () => 2 * next() - 1),
        shape as never,
      );
    const inner = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b)).dataSync()[0];
    tf.tidy(() => {
      const [image, weights] = [drawn(x), drawn(filter)];
      const result = tf.conv2d(image, weights, stride, pad);
      const dy = drawn(result.shape);
      const want = inner(result, dy);
      const attrs = { strides: stride, pad, dataFormat: 'NHWC' } as const;
      const towards = filterGradient(image, dy, { ...attrs, filterShape: weights.shape });
      expect(towards.shape).toEqual(filter);
      expect(inner(towards, weights)).toBeCloseTo(want, 4);
      if (stride !== 1) return;
      const back = inputGradient(dy, weights, { ...attrs, inputShape: image.shape });
      expect(back.shape).toEqual(x);
      expect(inner(back, image)).toBeCloseTo(want, 4);
    });
  });
});

describe('the networks', () => {
  const zerosOf = (graph: Graph): Record<string, number> =>
    Object.fromEntries(
      layersOf(graph).map(({ name, matrix }) => {
        const m = matrix ?? expect.unreachable();
        return [name, m.data.length - countLive(m)];
      }),
    );

  test('have the zeros that README.md names', () => {
    expect(zerosOf(digitGraph('digits-dense'))).toEqual({ conv1: 0, conv2: 0, conv3: 0, logits: 0 });
    expect(zerosOf(digitGraph('digits-pruned'))).toEqual({ conv1: 72, conv2: 4147, conv3: 16_773, logits: 5184 });
    expect(zerosOf(digitGraph('digits-2-4'))).toEqual({ conv1: 0, conv2: 2304, conv3: 9216, logits: 2880 });
  });

  test('are of one shape, and small', () => {
    for (const name of digitModels) {
      const graph = digitGraph(name);
      expect(graph.name).toBe(name.replaceAll('-', '_'));
      expect(graph.nodes.flatMap((n) => (n.kind === 'call' ? [n.op.kind] : []))).toEqual(
        'conv2d conv2d pool2d conv2d pool2d reshape linear'.split(' '),
      );
      expect(graph.nodes.flatMap((n) => (n.kind === 'constant' ? [n.data.length] : [])).reduce((a, b) => a + b)).toBe(
        29_066,
      );
    }
  });

  test('two of four are of neighbouring channels', () => {
    for (const { name, matrix } of layersOf(digitGraph('digits-2-4')))
      if (name !== 'conv1')
        expect(nm.detect(matrix ?? expect.unreachable()).fits).toContainEqual({ n: 2, m: 4, rank: 0 });
  });

  test('200 digits that it has not seen are read as the reference of the example says', () => {
    const graph = digitGraph('digits-pruned');
    expect(countRight(testDigits(200, digits), (image) => evaluate(graph, { image }).logits)).toBe(199);
  });

  test('the images for calibration are the first that it was trained with', () => {
    const images = calibrationImages();
    expect(images).toHaveLength(64);
    images.forEach((image, i) => void expect(image).toEqual(inputOf(training, i, i + 1)));
  });
});
