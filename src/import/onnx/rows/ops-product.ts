/** ONNX products of matrices. */
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { binary, broadcastTo, cast, reshape, scalar, transpose } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { linear, multiply } from './product.ts';

/** alpha · A · B + beta · C. */
const gemm: Row = (l) => {
  const [left, right, third] = [l.operand(0), l.operand(1), l.optional(2)];
  if (left === broken || right === broken) return broken;
  const [alpha, beta] = [l.float('alpha', 1), l.float('beta', 1)];
  const [transposeA, transposeB] = [l.flag('transA', false), l.flag('transB', false)];
  const isWhole = [left, right, ...(third ? [third] : [])].every((v) => v.type.dtype === 'i32');
  if (left.type.shape.length !== 2 || right.type.shape.length !== 2)
    return l.fail(`multiplies matrices and is given [${left.type.shape}] and [${right.type.shape}]`);
  if (isWhole && !(Number.isInteger(alpha) && Number.isInteger(beta)))
    return l.fail('scales whole numbers by a fraction', 'cast them to float in the model');
  const to = isWhole ? 'i32' : 'f32';
  const [a, b] = [cast(l, left, to), cast(l, right, to)];
  const c = third && beta !== 0 ? scaled(l, cast(l, third, to), beta) : undefined;
  const outputs = b.type.shape[transposeB ? 0 : 1];
  const rows = a.type.shape[transposeA ? 1 : 0];
  if (!b.data) {
    const product = scaled(l, l.call({ kind: 'matmul', transposeA, transposeB }, a, b), alpha);
    return c ? onto(l, product, c) : product;
  }
  const weights = scaled(l, transposeB ? b : transpose(l, b, [1, 0]), alpha);
  const bias = c && biasOf(l, c, rows, outputs);
  const product = linear(l, transposeA ? transpose(l, a, [1, 0]) : a, weights, bias);
  return c && !bias ? onto(l, product, c) : product;
};

/** The product has the shape of the result: nothing makes it larger. */
function onto(l: Layer, product: Value, c: Value): Value {
  const sum = binary(l, 'add', product, c);
  const fits = elements(sum.type.shape) === elements(product.type.shape);
  return fits || l.failed ? sum : l.fail(`adds [${c.type.shape}] to a product of [${product.type.shape}]`);
}

/** What is known is scaled now, and stays as sparse as it was. */
function scaled(l: Layer, x: Value, by: number): Value {
  if (by === 1 || x === broken) return x;
  if (x.data instanceof Float32Array) return { ...x, data: x.data.map((v) => v * by) };
  return binary(l, 'mul', x, scalar(l, by, x));
}

/** One number for each output, if it is that. */
function biasOf(l: Layer, c: Value, rows: number, outputs: number): Value | undefined {
  const { shape } = c.type;
  if (shape.length > 2 || (shape.length === 2 && shape[0] !== 1)) return undefined;
  if (shape.at(-1) === outputs) return reshape(l, c, [outputs]);
  return elements(shape) === 1 && outputs * rows > 0 ? broadcastTo(l, reshape(l, c, [1]), [outputs]) : undefined;
}

export const productRows: Rows = {
  Gemm: gemm,
  MatMul: (l) => multiply(l, l.operand(0), l.operand(1)),
};
