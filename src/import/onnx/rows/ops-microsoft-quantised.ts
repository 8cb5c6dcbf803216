/**
 * Quantised operators of the domain com.microsoft. Products are exact; sums and activations are computed on the real
 * numbers and quantised again. Element by element onnxruntime adds the zero before it rounds, and so may differ by one step.
 */
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { axisOf, binary, cast, concat, reshape, scalar, transpose, unary } from '../../compose.ts';
import { reduceOver } from '../../compose-reduce.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { leaky } from './ops-activation.ts';
import { factorOf } from './ops-integer.ts';
import { quantizeRows } from './ops-quantize.ts';
import { multiply } from './product.ts';
import type { Pair } from './quantised.ts';
import { along, dequantise, lessZero, pairFor, quantise, requantise } from './quantised.ts';

/** Operand `at` with its scale and zero after it, as real numbers. */
function realOf(l: Layer, at: number): Value {
  const x = l.operand(at);
  const pair = pairFor(l, x.type.shape, at + 1, at + 2);
  return pair ? dequantise(l, x, pair) : broken;
}

/** Real numbers as whole ones by the scale and the zero from operand `at` on. */
function whole(l: Layer, y: Value, at: number): Value {
  const pair: Pair | undefined = pairFor(l, y.type.shape, at, at + 1);
  const element = l.optional(at + 1) ? l.element(at + 1) : 'uint8';
  l.gives(element);
  return pair && y !== broken ? quantise(l, y, pair, element) : broken;
}

const one =
  (compute: (l: Layer, x: Value) => Value): Row =>
  (l) =>
    whole(l, compute(l, realOf(l, 0)), 3);

const add: Row = (l) => whole(l, binary(l, 'add', realOf(l, 0), realOf(l, 3)), 6);

/** Of whole numbers, so that only the result is rounded. */
const multiplyEach: Row = (l) => {
  const products = binary(
    l,
    'mul',
    lessZero(l, l.operand(0), l.optional(2), -1),
    lessZero(l, l.operand(3), l.optional(5), -1),
  );
  const scale = l.operand(6);
  l.gives(l.element(7));
  const factor = factorOf(l, l.operand(1), l.operand(4), scale);
  return requantise(l, products, { factor, scale, zero: l.optional(7), element: l.element(7) });
};

/** The mean of each channel's picture: of whole numbers, so that only the result is rounded. */
const globalAverage: Row = (l) => {
  const { shape } = l.operand(0).type;
  const rank = shape.length;
  if (rank < 3) return l.fail(`takes pictures and is given [${shape.join(', ')}]`);
  const first = l.flag('channels_last', false) ? 1 : 2;
  const axes = Array.from({ length: rank - 2 }, (_, i) => first + i);
  const sums = reduceOver(l, 'sum', lessZero(l, l.operand(0), l.optional(2), -1), axes, true);
  const scale = cast(l, l.operand(3), 'f32');
  const pixels = axes.reduce((n, axis) => n * shape[axis], 1);
  l.gives(l.element(4));
  const factor = binary(l, 'div', cast(l, l.operand(1), 'f32'), binary(l, 'mul', scale, scalar(l, pixels, scale)));
  return requantise(l, sums, { factor, scale, zero: l.optional(4), element: l.element(4) });
};

/** Values of their own scales side by side: the result's scale and zero come first. */
const join: Row = (l) => {
  const count = Math.floor((l.operands.length - 2) / 3);
  const parts = Array.from({ length: Math.max(count, 0) }, (_, i) => realOf(l, 2 + 3 * i));
  const axis = axisOf(l, l.int('axis'), parts[0]?.type.shape.length ?? 0);
  return l.failed ? broken : whole(l, concat(l, parts, axis), 0);
};

/** alpha · A · B + C, where C is whole numbers of the product's step. Real where the result has no scale. */
const gemm: Row = (l) => {
  const turned = (x: Value, flag: string): Value =>
    l.flag(flag, false) && x.type.shape.length === 2 ? transpose(l, x, [1, 0]) : x;
  const a = turned(lessZero(l, l.operand(0), l.optional(2), -1), 'transA');
  const b = turned(lessZero(l, l.operand(3), l.optional(5), l.flag('transB', false) ? 0 : 1), 'transB');
  const product = multiply(l, a, b);
  const bias = l.optional(6);
  const sums = bias ? binary(l, 'add', product, cast(l, bias, 'i32')) : product;
  if (sums === broken) return broken;
  const columnScale = along(l, cast(l, l.operand(4), 'f32'), sums.type.shape, 1);
  const alpha = scalar(l, l.float('alpha', 1), columnScale);
  const step = binary(l, 'mul', alpha, binary(l, 'mul', cast(l, l.operand(1), 'f32'), columnScale));
  const scale = l.optional(7);
  if (!scale) {
    l.gives('float');
    return binary(l, 'mul', cast(l, sums, 'f32'), step);
  }
  l.gives(l.element(8));
  const factor = factorOf(
    l,
    step,
    scalar(l, 1, step),
    elements(scale.type.shape) === 1 ? reshape(l, scale, []) : scale,
  );
  return requantise(l, sums, { factor, scale, zero: l.optional(8), element: l.element(8) });
};

/** A product of whole numbers as real ones. */
const toFloat: Row = (l) => {
  const sums = multiply(l, lessZero(l, l.operand(0), l.optional(4), -1), lessZero(l, l.operand(1), l.optional(5), 1));
  if (sums === broken) return broken;
  const columnScale = along(l, cast(l, l.operand(3), 'f32'), sums.type.shape, sums.type.shape.length - 1);
  const step = binary(l, 'mul', cast(l, l.operand(2), 'f32'), columnScale);
  const y = binary(l, 'mul', cast(l, sums, 'f32'), step);
  const bias = l.optional(6);
  l.gives('float');
  return bias ? binary(l, 'add', y, bias) : y;
};

export const microsoftQuantisedRows: Rows = {
  DequantizeLinear: quantizeRows.DequantizeLinear,
  MatMulIntegerToFloat: toFloat,
  QGemm: gemm,
  QLinearAdd: add,
  QLinearConcat: join,
  QLinearGlobalAveragePool: globalAverage,
  QLinearLeakyRelu: one((l, x) => leaky(l, x, l.float('alpha', 0.01))),
  QLinearMul: multiplyEach,
  QLinearSigmoid: one((l, x) => unary(l, 'sigmoid', x)),
  QuantizeLinear: quantizeRows.QuantizeLinear,
};
