/** Functions of one or two numbers as nodes. What they make of NaN, and of whole numbers divided by 0, is the runtime's. */

import { elementNumber } from '../../import/onnx/elements.ts';
import type { BinaryName, UnaryName } from '../../ops/scalar.ts';
import type { DType } from '../../tensor/type.ts';
import type { Tensor } from './file.ts';
import { elementOf, float, int, text } from './file.ts';
import type { Layer } from './layer.ts';
import { number } from './layer.ts';
import { normalised, normalisedProduct, normalisedSum } from './normalised.ts';

/** The tensor x is of the dtype, f32 or i32. */
type Function1 = (l: Layer, x: Tensor, dtype: DType) => Tensor;
type Function2 = (l: Layer, a: Tensor, b: Tensor, dtype: DType) => Tensor;

/** What the function takes and gives, where that is not numbers of the dtype. */
interface Row1 {
  readonly write: Function1;
  readonly takes?: 'bool';
  readonly gives?: 'bool';
}

interface Row2 {
  readonly write: Function2;
  readonly takes?: 'bool';
  readonly gives?: 'bool';
}

const one = (opType: string): Row1 => ({ write: (l, x) => l.node(opType, [x]) });
const two = (opType: string): Row2 => ({ write: (l, a, b) => l.node(opType, [a, b]) });
const test = (opType: string): Row2 => ({ write: (l, a, b) => l.node(opType, [a, b]), gives: 'bool' });
const logic = (opType: string): Row2 => ({ ...test(opType), takes: 'bool' });

/** Rounded to fewer digits, and f32 again. */
const rounded = (element: 'float16' | 'bfloat16'): Row1 => ({
  write(l, x) {
    const short = l.node('Cast', [x], { to: int(elementNumber(element)) });
    return l.node('Cast', [short], { to: int(elementNumber('float')) });
  },
});

const literal = (l: Layer, value: number, dtype: DType): Tensor => number(l, value, elementOf[dtype]);

export const functions1: Readonly<Record<UnaryName, Row1>> = {
  relu: one('Relu'),
  relu6: { write: (l, x, dtype) => l.node('Clip', [x, literal(l, 0, dtype), literal(l, 6, dtype)]) },
  sigmoid: one('Sigmoid'),
  tanh: one('Tanh'),
  swish: { write: (l, x) => l.node('Mul', [x, l.node('Sigmoid', [x])]) },
  'hard-sigmoid': { write: (l, x) => l.node('HardSigmoid', [x], { alpha: float(1 / 6), beta: float(0.5) }) },
  'hard-swish': one('HardSwish'),
  elu: one('Elu'),
  softplus: one('Softplus'),
  // As an operator of its own it comes with set 20.
  gelu: {
    write(l, x) {
      const share = l.node('Add', [l.node('Erf', [l.node('Div', [x, number(l, Math.SQRT2)])]), number(l, 1)]);
      return l.node('Mul', [l.node('Mul', [x, share]), number(l, 0.5)]);
    },
  },
  exp: one('Exp'),
  log: one('Log'),
  sqrt: one('Sqrt'),
  rsqrt: { write: (l, x) => l.node('Reciprocal', [l.node('Sqrt', [x])]) },
  erf: one('Erf'),
  sin: one('Sin'),
  cos: one('Cos'),
  tan: one('Tan'),
  asin: one('Asin'),
  acos: one('Acos'),
  atan: one('Atan'),
  sinh: one('Sinh'),
  cosh: one('Cosh'),
  asinh: one('Asinh'),
  acosh: one('Acosh'),
  atanh: one('Atanh'),
  softsign: one('Softsign'),
  // As an operator of its own it comes with set 18.
  mish: { write: (l, x) => l.node('Mul', [x, l.node('Tanh', [l.node('Softplus', [x])])]) },
  square: { write: (l, x) => l.node('Mul', [x, x]) },
  reciprocal: one('Reciprocal'),
  neg: one('Neg'),
  abs: one('Abs'),
  floor: one('Floor'),
  ceil: one('Ceil'),
  'to-float16': rounded('float16'),
  'to-bfloat16': rounded('bfloat16'),
  round: one('Round'),
  sign: one('Sign'),
  not: { ...one('Not'), takes: 'bool', gives: 'bool' },
  'is-nan': { ...one('IsNaN'), gives: 'bool' },
  'is-inf': { ...one('IsInf'), gives: 'bool' },
};

/** What a function of whole numbers gives, and `otherwise` where its divisor is 0: that may end a program. */
function divided(l: Layer, b: Tensor, otherwise: Tensor, divide: (divisor: Tensor) => Tensor): Tensor {
  if (l.known('b')?.every((v) => v !== 0)) return divide(b);
  const none = l.node('Equal', [b, number(l, 0, 'int32')]);
  return l.node('Where', [none, otherwise, divide(l.node('Where', [none, number(l, 1, 'int32'), b]))]);
}

const whole = (l: Layer, value: number): Tensor => number(l, value, 'int32');

/** Shifts are of numbers without a sign. */
function shift(direction: 'LEFT' | 'RIGHT'): Row2 {
  const write: Function2 = (l, a, b) => {
    const to = (element: 'uint32' | 'int32') => ({ to: int(elementNumber(element)) });
    const by = l.node('Mod', [l.node('Cast', [b], to('uint32')), number(l, 32, 'uint32')]);
    const moved = l.node('BitShift', [l.node('Cast', [a], to('uint32')), by], { direction: text(direction) });
    return l.node('Cast', [moved], to('int32'));
  };
  return { write };
}

export const functions2: Readonly<Record<BinaryName, Row2>> = {
  add: { write: (l, a, b) => normalisedSum(l, a, b) ?? l.node('Add', [a, b]) },
  sub: two('Sub'),
  mul: { write: (l, a, b) => normalisedProduct(l, a, b) ?? l.node('Mul', [a, b]) },
  div: { write: (l, a, b) => normalised(l, a, b) ?? l.node('Div', [a, b]) },
  'div-no-nan': {
    write: (l, a, b) => l.node('Where', [l.node('Equal', [b, number(l, 0)]), number(l, 0), l.node('Div', [a, b])]),
  },
  'floor-div': {
    write: (l, a, b, dtype) =>
      dtype === 'f32'
        ? l.node('Floor', [l.node('Div', [a, b])])
        : divided(l, b, whole(l, 0), (by) => l.node('Div', [l.node('Sub', [a, l.node('Mod', [a, by])]), by])),
  },
  'floor-mod': {
    write: (l, a, b, dtype) =>
      dtype === 'f32'
        ? l.node('Sub', [a, l.node('Mul', [l.node('Floor', [l.node('Div', [a, b])]), b])])
        : divided(l, b, a, (by) => l.node('Mod', [a, by])),
  },
  'trunc-div': { write: (l, a, b) => divided(l, b, whole(l, 0), (by) => l.node('Div', [a, by])) },
  fmod: {
    write: (l, a, b, dtype) =>
      dtype === 'f32'
        ? l.node('Mod', [a, b], { fmod: int(1) })
        : divided(l, b, a, (by) => l.node('Mod', [a, by], { fmod: int(1) })),
  },
  min: { write: (l, a, b, dtype) => clipped(l, a, b, dtype) ?? l.node('Min', [a, b]) },
  max: two('Max'),
  pow: two('Pow'),
  'squared-difference': {
    write(l, a, b) {
      const apart = l.node('Sub', [a, b]);
      return l.node('Mul', [apart, apart]);
    },
  },
  prelu: {
    write: (l, a, b) =>
      isSlope(l)
        ? l.node('PRelu', [a, b])
        : l.node('Where', [l.node('Less', [a, number(l, 0)]), l.node('Mul', [a, b]), a]),
  },
  equal: test('Equal'),
  'not-equal': { write: (l, a, b) => l.node('Not', [l.node('Equal', [a, b])]), gives: 'bool' },
  less: test('Less'),
  'less-equal': test('LessOrEqual'),
  greater: test('Greater'),
  'greater-equal': test('GreaterOrEqual'),
  and: logic('And'),
  or: logic('Or'),
  xor: logic('Xor'),
  'bit-and': two('BitwiseAnd'),
  'bit-or': two('BitwiseOr'),
  'bit-xor': two('BitwiseXor'),
  'shift-left': shift('LEFT'),
  'shift-right': shift('RIGHT'),
};

/** min(max(x, low), high) between two numbers is one operator, and so is min(relu(x), high) above 0. */
function clipped(l: Layer, a: Tensor, b: Tensor, dtype: DType): Tensor | undefined {
  const isNumber = (tensor: Tensor): boolean => l.sizeOf(tensor)?.length === 0 && !l.maker(tensor);
  const inner = l.maker(a);
  if (!inner || !isNumber(b)) return undefined;
  if (inner.opType === 'Max' && isNumber(inner.inputs[1])) return l.node('Clip', [...inner.inputs, b]);
  const isAbove = l.known('b')?.every((v) => v >= 0) ?? false;
  return inner.opType === 'Relu' && isAbove ? l.node('Clip', [...inner.inputs, literal(l, 0, dtype), b]) : undefined;
}

/** PRelu's slope broadcasts to its operand, and not the other way round. */
function isSlope({ types: { a }, type }: Layer): boolean {
  return a.shape.length === type.shape.length && a.shape.every((d, i) => d === type.shape[i]);
}
