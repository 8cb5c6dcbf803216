/** Products of matrices: with weights, known now, as dense layers, so that formats store them. */
import type { Shape } from '../../../tensor/type.ts';
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { cast, reshape, transpose } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import { zerosOf } from './zeros.ts';

/** x: [..., in] by weights [out, in], with a bias [out] → [..., out]. */
export function linear(scope: Scope, x: Value, weights: Value, bias?: Value): Value {
  const [outputs = 1] = weights.type.shape;
  return scope.call(
    { kind: 'linear', activation: 'none' },
    x,
    weights,
    bias ?? zerosOf(scope, weights.type.dtype, [outputs]),
  );
}

/** numpy's `matmul`: a vector is a row on the left and a column on the right, and leading axes broadcast. */
export function multiply(scope: Scope, left: Value, right: Value): Value {
  if (left === broken || right === broken) return broken;
  const to = left.type.dtype === 'i32' && right.type.dtype === 'i32' ? 'i32' : 'f32';
  const [a, b] = [cast(scope, left, to), cast(scope, right, to)];
  const [p, q] = [a.type.shape, b.type.shape];
  if (p.length === 0 || q.length === 0) return scope.fail('multiplies matrices and is given a single number');
  const shape = resultShape(p, q);
  if (isMatrix(b)) {
    const weights = q.length === 1 ? reshape(scope, b, [1, ...q]) : transpose(scope, matrixOf(scope, b), [1, 0]);
    return reshape(scope, linear(scope, a, weights), shape);
  }
  if (isMatrix(a) && q.length > 1) {
    const weights = p.length === 1 ? reshape(scope, a, [1, ...p]) : matrixOf(scope, a);
    return reshape(scope, swapLast(scope, linear(scope, swapLast(scope, b), weights)), shape);
  }
  const [rows, columns] = [
    p.length === 1 ? reshape(scope, a, [1, ...p]) : a,
    q.length === 1 ? reshape(scope, b, [...q, 1]) : b,
  ];
  const product = scope.call({ kind: 'matmul', transposeA: false, transposeB: false }, rows, columns);
  return reshape(scope, product, shape);
}

/** Known, and one matrix, or one vector: all axes in front of it are of size 1. */
const isMatrix = ({ type, data }: Value): boolean =>
  data !== undefined && elements(type.shape) > 1 && type.shape.slice(0, -2).every((d) => d === 1);

const matrixOf = (scope: Scope, x: Value): Value => reshape(scope, x, x.type.shape.slice(-2));

export function swapLast(scope: Scope, x: Value): Value {
  const last = x.type.shape.length - 1;
  if (last < 1) return x;
  return transpose(scope, x, [...Array.from({ length: last - 1 }, (_, axis) => axis), last, last - 1]);
}

/** Where sizes do not fit, of no importance: the product says so. */
function resultShape(p: Shape, q: Shape): Shape {
  const [a, b] = [p.slice(0, -2), q.slice(0, -2)];
  const rank = Math.max(a.length, b.length);
  const size = (shape: Shape, i: number): number => shape[i - rank + shape.length] ?? 1;
  const outer = Array.from({ length: rank }, (_, i) => (size(a, i) === 1 ? size(b, i) : size(a, i)));
  return [...outer, ...(p.length > 1 ? p.slice(-2, -1) : []), ...(q.length > 1 ? q.slice(-1) : [])];
}
