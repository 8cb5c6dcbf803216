/** Rows that reduce, compare, order or add up along axes, in the forms of every version, against onnxruntime. */
import { describe, expect, test } from 'vitest';
import { results } from './against.ts';
import { importTest, node, port } from './kit.ts';
import type { Case } from './numbers.ts';
import { drawn, floats, given, list, modelOf, one, positive, shaped, stored, testAgainstRuntime } from './numbers.ts';

const x = drawn([2, 3, 4]);
const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
const int64s = (...data: readonly number[]) => stored(list('int64', ...data));

describe('softmax and its kin: all axes from one on, and since version 13 one axis', () => {
  testAgainstRuntime([
    ...['Softmax', 'LogSoftmax', 'Hardmax'].flatMap((op) =>
      [7, 11, 13].flatMap((opset) => [
        { op, operands: [x], opset },
        ...[0, 1, 2].map((axis) => ({ op, operands: [x], opset, attributes: { axis } })),
        ...(opset < 11 ? [] : [{ op, operands: [x], opset, attributes: { axis: -2 } }]),
      ]),
    ),
    { op: 'Softmax', operands: [drawn([2, 3, 1, 1])], opset: 11 },
    { op: 'LogSoftmax', operands: [shaped([2, 2], floats(1e4, 0, -1e4, 100))] },
    { op: 'Hardmax', operands: [shaped([2, 3], floats(1, 5, 5, 2, 2, 2))] },
  ]);
});

const reductions =
  'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare';

describe.each(reductions.split(' '))('%s', (op) => {
  const operand = op === 'ReduceLogSum' ? positive([2, 3, 4]) : x;
  testAgainstRuntime([
    ...(op === 'ReduceSum' ? [] : [[1], [0, 2], [-1]]).map((axes) => ({
      op,
      operands: [operand],
      opset: 11,
      attributes: { axes, keepdims: 0 },
    })),
    ...[[1], [2, 0], [-1]].map((axes) => ({ op, operands: [operand, int64s(...axes)] })),
    { op, operands: [operand], attributes: { keepdims: 0 } },
    { op, operands: [operand], opset: 11 },
    { op, operands: [operand, int64s()] },
    { op, operands: [operand], attributes: { noop_with_empty_axes: 1 } },
    ...(['int32', 'int64'] as const).map((t) => ({
      op,
      operands: [shaped([2, 3], list(t, 1, 2, 3, 4, 5, 7)), int64s(1)],
      attributes: { keepdims: 0 },
    })),
  ]);
});

describe('what is odd about some', () => {
  testAgainstRuntime([
    { op: 'ReduceLogSumExp', operands: [shaped([2, 2], floats(1000, 1000, -inf, -inf)), int64s(1)] },
    { op: 'ReduceLogSumExp', operands: [shaped([2, 2], floats(inf, 5, inf, -inf)), int64s(1)] },
    { op: 'ReduceMax', operands: [shaped([2, 2], list('bool', 0, 1, 0, 0)), int64s(1)], opset: 20 },
    { op: 'ReduceMin', operands: [list('uint8', 200, 3, 90), int64s(0)] },
  ]);

  test('no numbers at all have a sum and a product', () => {
    const of = (op: string) => {
      const c: Case = { op, operands: [stored(floats())], attributes: { keepdims: 0 } };
      return results(modelOf(c), given(c)).y.data;
    };
    expect([of('ReduceSum'), of('ReduceProd'), of('ReduceMax'), of('ReduceLogSum')]).toEqual([
      [0],
      [1],
      [-inf],
      [-inf],
    ]);
    expect(of('ReduceMean')).toEqual([nan]);
  });
});

describe('order', () => {
  const even = shaped([2, 4], floats(1, 3, 3, 2, 0, 0, 5, 5));
  const whole = shaped([2, 4], list('int32', 1, 3, 3, 2, 0, -2147483648, 5, -2147483648));
  const two = int64s(2);
  testAgainstRuntime([
    ...['ArgMax', 'ArgMin'].flatMap((op) =>
      [0, 1].flatMap((last) => [
        { op, operands: [even], attributes: { axis: 1, keepdims: 0, select_last_index: last } },
        { op, operands: [whole], attributes: { axis: -1, select_last_index: last } },
        { op, operands: [x], attributes: { keepdims: last } },
      ]),
    ),
    { op: 'TopK', operands: [x], opset: 7, attributes: { k: 2, axis: 1 }, outputs: ['v', 'i'] },
    { op: 'TopK', operands: [x, two], opset: 10, outputs: ['v', 'i'] },
    ...[0, 1, -1].flatMap((axis) => [
      { op: 'TopK', operands: [x, two], attributes: { axis }, outputs: ['v', 'i'] },
      { op: 'TopK', operands: [x, two], attributes: { axis, largest: 0 }, outputs: ['v', 'i'] },
    ]),
    { op: 'TopK', operands: [whole, two], attributes: { largest: 0 }, outputs: ['v', 'i'] },
  ]);
});

describe('running totals', () => {
  testAgainstRuntime(
    [0, 1].flatMap((exclusive) =>
      [0, 1].flatMap((reverse) => [
        ...[0, 1, -1].map((axis) => ({
          op: 'CumSum',
          operands: [drawn([3, 1, 7]), stored(one(axis, 'int64'))],
          attributes: { exclusive, reverse },
        })),
        {
          op: 'CumSum',
          operands: [list('int32', 1, 2, 3, 4, 5), stored(one(0, 'int32'))],
          attributes: { exclusive, reverse },
        },
      ]),
    ),
  );
});

describe('refusals', () => {
  test.each([
    ['Softmax', { axis: 3 }, 'works along axis 3 of a value with 2 axes'],
    ['ReduceSum', { axes: [-3] }, 'works along axis -3 of a value with 2 axes'],
    ['ArgMax', { axis: 7 }, 'works along axis 7 of a value with 2 axes'],
    ['TopK', {}, 'has no whole number as attribute "k"'],
  ])('%s %o', (op, attributes, message) => {
    const nodes = [node(op, ['x'], ['y'], attributes)];
    const { messages } = importTest({ opset: 9, inputs: [port('x', [2, 2])], outputs: ['y'], nodes });
    expect(messages).toEqual([`import/layer ${op}_y: "${op}" ${message}`]);
  });

  test('indices of an axis that is longer than any list of classes', () => {
    const nodes = [node('Hardmax', ['x'], ['y'])];
    const { messages } = importTest({ inputs: [port('x', [2147483647])], outputs: ['y'], nodes });
    expect(messages).toEqual([
      'import/layer Hardmax_y: "Hardmax" compares indices with 2147483647 others; at most 1048576 are read',
    ]);
  });
});
