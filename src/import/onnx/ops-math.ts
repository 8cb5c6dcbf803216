/** ONNX operators on numbers, one by one. */
import type { BinaryName, UnaryName } from '../../ops/scalar.ts';
import { binary, unary } from '../compose.ts';
import type { Row, Rows } from './layer.ts';

const function1 =
  (fn: UnaryName): Row =>
  (l) =>
    unary(l, fn, l.operand(0));

const function2 =
  (fn: BinaryName): Row =>
  (l) =>
    binary(l, fn, l.operand(0), l.operand(1));

export const mathRows: Rows = {
  Abs: function1('abs'),
  Add: function2('add'),
  Ceil: function1('ceil'),
  Div: function2('div'),
  Exp: function1('exp'),
  Floor: function1('floor'),
  Mul: function2('mul'),
  Neg: function1('neg'),
  Relu: function1('relu'),
  Sigmoid: function1('sigmoid'),
  Sqrt: function1('sqrt'),
  Sub: function2('sub'),
  Tanh: function1('tanh'),
};
