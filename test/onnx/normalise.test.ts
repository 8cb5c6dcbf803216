/** Rows that normalise, drop or compare with classes, in the forms of every version, against onnxruntime. */
import { describe, expect, test } from 'vitest';
import { results } from './against.ts';
import { importTest, node, port, real } from './kit.ts';
import type { Case, Operand } from './numbers.ts';
import { drawn, given, list, modelOf, one, positive, shaped, stored, testAgainstRuntime } from './numbers.ts';

const x = drawn([2, 3, 4, 5]);
const vector = (size: number, seed: number): Operand => stored(drawn([size], seed));

describe('batches', () => {
  const vectors = [vector(3, 2), vector(3, 3), vector(3, 4), stored(positive([3], 5))];
  testAgainstRuntime([
    ...[7, 9, 14, 15].flatMap((opset) =>
      [x, drawn([2, 3]), drawn([2, 3, 4])].map((picture) => ({
        op: 'BatchNormalization',
        operands: [picture, ...vectors],
        opset,
        attributes: { epsilon: real(1e-3) },
        error: 1e-4,
      })),
    ),
    {
      op: 'BatchNormalization',
      operands: [x, ...vectors],
      opset: 15,
      attributes: { training_mode: 1, momentum: real(0.7) },
      outputs: ['y', 'mean', 'variance'],
      error: 1e-4,
    },
  ]);

  test.each([
    [{ opset: 8, attributes: { spatial: 0 } }, 'has statistics for each place of a picture'],
    [
      { opset: 9, outputs: ['y', 'm', 'v', 'sm', 'sv'] },
      'is exported for training: it asks for statistics besides the result',
    ],
    [{ operands: [drawn([2, 4]), ...vectors] }, 'has 4 channels and is given statistics of shape [3]'],
  ])('refusal %#', (details, message) => {
    const c: Case = { op: 'BatchNormalization', operands: [x, ...vectors], ...details };
    expect(importTest(modelOf(c)).messages).toEqual([
      `import/layer BatchNormalization_y: "BatchNormalization" ${message}`,
    ]);
  });
});

describe('layers, pictures, groups and neighbours', () => {
  const grouped = drawn([2, 6, 3, 2], 7);
  testAgainstRuntime([
    ...[-1, 1, 3].flatMap((axis) => {
      const size = x.shape.slice(axis < 0 ? axis + 4 : axis);
      const [scale, offset] = [drawn(size, 2), drawn(size, 3)];
      return [
        {
          op: 'LayerNormalization',
          operands: [x, scale, offset],
          attributes: { axis, epsilon: real(1e-3) },
          outputs: ['y', 'mean', 'deviation'],
        },
        { op: 'LayerNormalization', operands: [x, scale], attributes: { axis } },
        { op: 'RMSNormalization', operands: [x, scale], attributes: { axis }, opset: 23 },
        { op: 'SimplifiedLayerNormalization', operands: [x, scale], attributes: { axis } },
      ];
    }),
    { op: 'InstanceNormalization', operands: [x, vector(3, 1), vector(3, 2)], attributes: { epsilon: real(1e-2) } },
    { op: 'InstanceNormalization', operands: [drawn([2, 3, 7]), vector(3, 1), vector(3, 2)] },
    ...[1, 2, 6].map((groups) => ({
      op: 'GroupNormalization',
      operands: [grouped, vector(groups, 1), vector(groups, 2)],
      attributes: { num_groups: groups },
      opset: 18,
    })),
    ...[1, 2, 6].map((groups) => ({
      op: 'GroupNormalization',
      operands: [grouped, vector(6, 1), vector(6, 2)],
      attributes: { num_groups: groups },
      opset: 21,
    })),
    ...[1, 2].flatMap((p) =>
      [-1, 1].map((axis) => ({ op: 'LpNormalization', operands: [x], attributes: { p, axis } })),
    ),
    { op: 'LpNormalization', operands: [shaped([2, 2], list('float', 0, 0, 3, 4))] },
    ...[1, 3, 5].map((size) => ({
      op: 'LRN',
      operands: [drawn([2, 4, 3, 2])],
      attributes: { size, alpha: real(0.1), beta: real(0.6), bias: real(1.2) },
    })),
    { op: 'MeanVarianceNormalization', operands: [x] },
    { op: 'MeanVarianceNormalization', operands: [x], attributes: { axes: [1, -2] } },
  ]);

  test.each([
    ['GroupNormalization', { num_groups: 2 }, 'cannot share the channels of [2, 3, 4, 5] among 2 groups'],
    ['LpNormalization', { p: 3 }, 'takes 1 or 2 as "p" and is given 3'],
    ['LRN', {}, 'has no whole number as attribute "size"'],
  ])('%s %o', (op, attributes, message) => {
    const nodes = [node(op, ['x', 'x', 'x'], ['y'], attributes)];
    const { messages } = importTest({ opset: 18, inputs: [port('x', x.shape)], outputs: ['y'], nodes });
    expect(messages).toEqual([`import/layer ${op}_y: "${op}" ${message}`]);
  });
});

describe('dropping', () => {
  const both = ['y', 'mask'];
  const [yes, no] = [stored(one(1, 'bool')), stored(one(0, 'bool'))];
  testAgainstRuntime([
    { op: 'Dropout', operands: [x], opset: 7, attributes: { ratio: real(0.3) } },
    { op: 'Dropout', operands: [x], opset: 13, outputs: both },
    { op: 'Dropout', operands: [x, stored(one(0.4)), no], opset: 13, outputs: both },
    { op: 'Dropout', operands: [x, stored(one(0)), yes], opset: 13, outputs: both },
  ]);

  test('at random is refused', () => {
    const c: Case = { op: 'Dropout', operands: [x, undefined, yes] };
    expect(importTest(modelOf(c)).messages).toEqual([
      'import/layer Dropout_y: "Dropout" drops numbers at random: it is in training',
    ]);
  });
});

describe('losses', () => {
  const scores = drawn([2, 3, 2]);
  const classes = shaped([2, 2], list('int64', 0, 1, 2, 1));
  const options = ['none', 'mean', 'sum'].flatMap((reduction) => [{ reduction }, { reduction, ignore_index: 1 }]);
  testAgainstRuntime(
    options.flatMap((attributes) =>
      [undefined, positive([3], 4)].flatMap((weights) => [
        { op: 'NegativeLogLikelihoodLoss', operands: [scores, classes, weights], attributes },
        {
          op: 'SoftmaxCrossEntropyLoss',
          operands: [scores, classes, weights],
          attributes,
          outputs: ['loss', 'logarithms'],
        },
      ]),
    ),
  );

  test('of classes that do not belong to the scores', () => {
    const c: Case = { op: 'NegativeLogLikelihoodLoss', operands: [scores, list('int64', 0, 1)] };
    expect(importTest(modelOf(c)).messages).toEqual([
      'import/layer NegativeLogLikelihoodLoss_y: "NegativeLogLikelihoodLoss" takes predictions of shape [2, 3, 2] and classes of [2]',
    ]);
  });

  test('of a class that is ignored are nothing', () => {
    const c: Case = {
      op: 'NegativeLogLikelihoodLoss',
      operands: [drawn([2, 3]), list('int64', -1, 2)],
      attributes: { ignore_index: -1, reduction: 'none' },
    };
    expect(Math.abs(results(modelOf(c), given(c)).y.data[0])).toBe(0);
  });
});
