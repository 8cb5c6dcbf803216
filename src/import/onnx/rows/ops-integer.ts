/** ONNX products of whole numbers, alone or as those that stand for real ones: exact sums, which are scaled at the end. */

import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { binary, cast, reshape } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { convolution } from './convolution.ts';
import { multiply } from './product.ts';
import { along, lessZero, requantise } from './quantised.ts';

/** One zero, one for each row, or one for each column. */
const rowZero = (l: Layer, x: Value, zero: Value | undefined): Value => lessZero(l, x, zero, x.type.shape.length - 2);
const columnZero = (l: Layer, x: Value, zero: Value | undefined): Value =>
  lessZero(l, x, zero, x.type.shape.length - 1);

const matmul: Row = (l) => {
  l.gives('int32');
  return multiply(l, rowZero(l, l.operand(0), l.optional(2)), columnZero(l, l.operand(1), l.optional(3)));
};

const convolve: Row = (l) => {
  l.gives('int32');
  const x = lessZero(l, l.operand(0), l.optional(2), 1);
  return convolution(l, { x, weights: lessZero(l, l.operand(1), l.optional(3), 0) });
};

/** What one step of a product is worth over one step of the result. */
export function factorOf(l: Layer, a: Value, b: Value, y: Value): Value {
  return binary(l, 'div', binary(l, 'mul', cast(l, a, 'f32'), cast(l, b, 'f32')), cast(l, y, 'f32'));
}

const flat = (l: Layer, x: Value): Value => (elements(x.type.shape) === 1 ? reshape(l, x, []) : x);

const quantisedMatmul: Row = (l) => {
  const [a, b, scale] = [l.operand(0), l.operand(3), flat(l, l.operand(6))];
  const sums = multiply(l, rowZero(l, a, l.optional(2)), columnZero(l, b, l.optional(5)));
  if (sums === broken) return broken;
  l.gives(l.element(7));
  const rank = sums.type.shape.length;
  const rowScale = along(l, cast(l, l.operand(1), 'f32'), sums.type.shape, rank - 2);
  const columnScale = along(l, cast(l, l.operand(4), 'f32'), sums.type.shape, rank - 1);
  const factor = factorOf(l, rowScale, columnScale, scale);
  return requantise(l, sums, { factor, scale, zero: l.optional(7), element: l.element(7) });
};

const quantisedConvolution: Row = (l) => {
  const [x, w, scale] = [l.operand(0), l.operand(3), flat(l, l.operand(6))];
  const bias = l.optional(8);
  const sums = convolution(l, {
    x: lessZero(l, x, l.optional(2), 1),
    weights: lessZero(l, w, l.optional(5), 0),
    ...(bias && { bias: cast(l, bias, 'i32') }),
  });
  if (sums === broken) return broken;
  l.gives(l.element(7));
  const factor = factorOf(l, flat(l, l.operand(1)), along(l, l.operand(4), sums.type.shape, 1), scale);
  return requantise(l, sums, { factor, scale, zero: l.optional(7), element: l.element(7) });
};

export const integerRows: Rows = {
  ConvInteger: convolve,
  MatMulInteger: matmul,
  QLinearConv: quantisedConvolution,
  QLinearMatMul: quantisedMatmul,
};
