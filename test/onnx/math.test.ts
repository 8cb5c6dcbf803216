/** Rows that compute a number from each number, or from each two, on every element type, against onnxruntime. */
import { describe, expect, test } from 'vitest';
import { results } from './against.ts';
import { importTest, node, port, real } from './kit.ts';
import type { Case } from './numbers.ts';
import {
  drawn,
  elementNumber,
  floats,
  given,
  list,
  modelOf,
  one,
  shaped,
  stored,
  testAgainstRuntime,
} from './numbers.ts';

const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
const x = drawn([2, 3, 4]);
const on = (op: string, ...operands: Case['operands']): Case => ({ op, operands });

describe('functions of one number', () => {
  const everywhere =
    'Abs Ceil Floor Neg Exp Sin Cos Tan Atan Sinh Cosh Asinh Round Sign Reciprocal Erf Relu Sigmoid Tanh Softplus Softsign HardSwish Mish Elu Selu Celu LeakyRelu ThresholdedRelu HardSigmoid Shrink';
  testAgainstRuntime([
    ...everywhere.split(' ').map((op) => on(op, x)),
    ...['Acos', 'Asin', 'Atanh'].map((op) => on(op, floats(-0.9, -0.2, 0, 0.4, 0.95))),
    on('Acosh', floats(1, 1.5, 4, 90)),
    on('Log', floats(0, 1, 2.5, -1)),
    on('Sqrt', floats(0, 1, 2.5, -1)),
    ...(['int32', 'int64', 'int8'] as const).flatMap((t) =>
      ['Abs', 'Neg', 'Sign'].map((op) => on(op, list(t, -5, 3, -128, 0))),
    ),
    { op: 'Elu', operands: [x], attributes: { alpha: real(0.3) } },
    { op: 'Celu', operands: [x], attributes: { alpha: real(0.7) } },
    { op: 'Selu', operands: [x], attributes: { alpha: real(2), gamma: real(3) } },
    { op: 'HardSigmoid', operands: [x], attributes: { alpha: real(1 / 6), beta: real(0.5) } },
    { op: 'Shrink', operands: [x], attributes: { bias: real(0.4), lambd: real(1) } },
    { op: 'Gelu', operands: [x], opset: 20 },
    { op: 'Gelu', operands: [x], opset: 20, attributes: { approximate: 'tanh' } },
    { op: 'Swish', operands: [x], opset: 24, attributes: { alpha: real(1.5) } },
    on('PRelu', x, drawn([3, 1], 2)),
    on('IsNaN', floats(1, inf, -inf, nan)),
    on('IsInf', floats(1, inf, -inf, nan)),
    { op: 'IsInf', operands: [floats(1, inf, -inf, nan)], attributes: { detect_negative: 0 } },
    { op: 'IsInf', operands: [floats(1, inf, -inf, nan)], attributes: { detect_positive: 0 } },
    { op: 'IsInf', operands: [floats(1, inf, -inf, nan)], attributes: { detect_positive: 0, detect_negative: 0 } },
  ]);
});

describe('functions of two numbers and of several', () => {
  const arithmetic = ['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max', 'Mod'];
  testAgainstRuntime([
    ...arithmetic.slice(0, 6).map((op) => on(op, x, drawn([4], 2))),
    ...(['int32', 'int64', 'uint8'] as const).flatMap((t) =>
      arithmetic.map((op) => on(op, list(t, 100, 7, 50, 3), list(t, 200, 2, 3, 5))),
    ),
    ...(['int32', 'int64', 'int8'] as const).flatMap((t) =>
      ['Div', 'Mod'].map((op) => on(op, list(t, -7, 7, -7, 7, -8, 0), list(t, 2, -2, -2, 2, 2, 3))),
    ),
    { op: 'Mod', operands: [list('int32', -7, 7, -7), list('int32', 2, -2, -2)], attributes: { fmod: 1 } },
    { op: 'Mod', operands: [floats(-4.3, 7.2, 5), floats(2.1, -3.4, 8)], attributes: { fmod: 1 } },
    on('Pow', floats(1, 2, 3), floats(4, 5, -1)),
    on('Pow', floats(1, 2, 3), list('int64', 4, 5, 6)),
    on('Pow', list('int32', 1, 2, 3), floats(4, 5, 6)),
    on('Pow', list('int32', 4, 2, -3), floats(0.5, 1.5, 3)),
    on('Pow', list('int64', 1, 2, -3), stored(one(2))),
    on('Pow', x, stored(one(3))),
    on('Pow', one(3), stored(floats(2))),
    ...['Max', 'Min', 'Sum', 'Mean'].flatMap((op) => [on(op, x, drawn([4], 2), floats(0.2)), on(op, x)]),
    { op: 'Clip', operands: [x], opset: 7, attributes: { min: real(-1), max: real(0.5) } },
    { op: 'Clip', operands: [x], opset: 10, attributes: { min: real(-1) } },
    on('Clip', x, undefined, one(0.3)),
    on('Clip', x, stored(one(0)), stored(one(6))),
    on('Clip', list('int32', 1, 5, 9), one(2, 'int32'), one(6, 'int32')),
  ]);
});

describe('truth values and bits', () => {
  const [p, q] = [list('bool', 0, 0, 1, 1), list('bool', 0, 1, 0, 1)];
  const uints = ['uint8', 'int32'] as const;
  testAgainstRuntime([
    ...['And', 'Or', 'Xor', 'Equal'].map((op) => on(op, p, q)),
    on('Not', p),
    ...['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'].flatMap((op) => [
      on(op, floats(1, 2, 3, nan), floats(2)),
      on(op, list('int64', 1, 2, 3), list('int64', 2)),
    ]),
    on('Where', p, floats(1, 2, 3, 4), floats(9)),
    on('Where', p, list('int64', 1, 2, 3, 4), list('int64', 9)),
    ...['LEFT', 'RIGHT'].map((direction) => ({
      op: 'BitShift',
      operands: [list('uint8', 200, 4, 1), list('uint8', 1, 2, 3)],
      attributes: { direction },
    })),
    ...['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'].flatMap((op) =>
      uints.map((t) => on(op, list(t, 100, 4, 7), list(t, 1, 6, 3))),
    ),
    ...([...uints, 'int8', 'uint16'] as const).map((t) => on('BitwiseNot', list(t, 100, 4, 7))),
  ]);
});

describe('casts', () => {
  const types = ['float', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64', 'bool'] as const;
  const from = [floats(-1.7, 1.7, 0, 0.3, 100.9, -2.5), list('int32', 300, -300, 70000, -1), list('int8', -5, 0, 127)];
  testAgainstRuntime(
    types.flatMap((to) =>
      from.map((operand) => ({ op: 'Cast', operands: [operand], attributes: { to: elementNumber(to) } })),
    ),
  );

  test('to 16 bits round, whether the number is known or not', () => {
    for (const [to, want] of [
      [10, [0.0999755859375, 65504, inf]],
      [16, [0.10009765625, 65536, 65536]],
    ] as const)
      for (const keep of [false, true]) {
        const operand = floats(0.1, 65519, 65520);
        const c: Case = { op: 'Cast', operands: [keep ? stored(operand) : operand], attributes: { to } };
        expect(results(modelOf(c), given(c)).y.data).toEqual(want);
      }
  });

  test('say what they make', () => {
    const nodes = [node('Cast', ['x'], ['c'], { to: 2 }), node('Add', ['c', 'c'], ['y'])];
    const sums = results({ inputs: [port('x', [2])], outputs: ['y'], nodes }, { x: [200, 7.9] });
    expect(sums.y.data).toEqual([144, 14]);
  });

  test.each([
    ['Cast', { to: 8 }, '"Cast" makes values of type string'],
    ['Cast', { to: 17 }, '"Cast" makes values of type float8e4m3fn'],
    ['Cast', { to: 99 }, '"Cast" makes values of type number 99'],
    ['BitShift', { direction: 'UP' }, '"BitShift" has "UP" as "direction"; it is LEFT or RIGHT'],
    ['Gelu', { approximate: 'erf' }, '"Gelu" has "erf" as "approximate"; it is none or tanh'],
  ])('%s %o', (op, attributes, message) => {
    const { messages } = importTest({
      inputs: [port('x', [2])],
      outputs: ['y'],
      nodes: [node(op, ['x', 'x'], ['y'], attributes)],
    });
    expect(messages).toEqual([`import/layer ${op}_y: ${message}`]);
  });
});

test('shifts by all bits leave nothing', () => {
  const operands = [shaped([3], list('int32', 7, 7, 7)), list('int32', 31, 32, 40)];
  const c: Case = { op: 'BitShift', operands, attributes: { direction: 'RIGHT' } };
  expect(results(modelOf(c), given(c)).y.data).toEqual([0, 0, 0]);
});
