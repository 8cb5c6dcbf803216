/** TensorFlow operators that reduce along axes, and those that look for the largest. */
import type { Reduce } from '../ops/reduce.ts';
import type { Value } from './builder.ts';
import { axisOf, binary, cast, reshape, scalar, transpose, unary } from './compose.ts';
import type { Scope } from './scope.ts';
import type { Layer, Row, Rows } from './tfjs-layer.ts';

/** Axes in order, each once. None are none, as in TensorFlow. */
const axes = (l: Layer, x: Value): readonly number[] => {
  const rank = x.type.shape.length;
  if (l.operands.length < 2) return x.type.shape.map((_, a) => a);
  return [...new Set(l.numbers(1, 'axes').map((a) => axisOf(l, a, rank)))].sort((a, b) => a - b);
};

export function reduceOver(scope: Scope, fn: Reduce['fn'], x: Value, along: readonly number[], keep: boolean): Value {
  if (along.length === 0) return x;
  return scope.call({ kind: 'reduce', fn, axes: along, keep }, x);
}

const reduce =
  (
    fn: Reduce['fn'],
    prepare: (l: Layer, x: Value) => Value = (_, x) => x,
    then: (l: Layer, x: Value) => Value = (_, x) => x,
  ): Row =>
  (l) => {
    const x = prepare(l, l.operand(0));
    // The product of no sizes is one: shape arithmetic asks for it.
    if (x.data?.length === 0 && x.type.shape.length === 1) return scalar(l, fn === 'prod' ? 1 : 0, x);
    return then(l, reduceOver(l, fn, x, axes(l, x), l.bool(l.has('keep_dims') ? 'keep_dims' : 'keepDims', false)));
  };

const real = (l: Layer, x: Value): Value => cast(l, x, 'f32');
const zeroOrOne = (l: Layer, x: Value): Value => binary(l, 'not-equal', x, scalar(l, 0, x));

/** The index of the largest along one axis: the first of those that are equal. */
const arg =
  (sign: 1 | -1): Row =>
  (l) => {
    const given = cast(l, l.operand(0), 'f32');
    const rank = given.type.shape.length;
    const axis = axisOf(l, l.operands.length > 1 ? l.number(1, 'axis') : 0, rank);
    if (l.failed) return [];
    const last = [...given.type.shape.keys()].filter((a) => a !== axis);
    const moved = transpose(l, sign === 1 ? given : unary(l, 'neg', given), [...last, axis]);
    const best = l.call({ kind: 'top-k', k: 1, output: 'indices' }, moved);
    return reshape(
      l,
      best,
      last.map((a) => given.type.shape[a]),
    );
  };

const topK: Row = (l) => {
  const x = l.operand(0);
  const k = l.operands.length > 1 ? l.number(1, 'k') : l.int('k');
  return [l.call({ kind: 'top-k', k, output: 'values' }, x), l.call({ kind: 'top-k', k, output: 'indices' }, x)];
};

/** x − max − log Σ exp(x − max) along an axis. */
export function logSoftmax(scope: Scope, x: Value, axis: number): Value {
  const shifted = binary(scope, 'sub', x, reduceOver(scope, 'max', x, [axis], true));
  const total = reduceOver(scope, 'sum', unary(scope, 'exp', shifted), [axis], true);
  return binary(scope, 'sub', shifted, unary(scope, 'log', total));
}

/** More would be a matrix that the model never had. */
const longestSum = 4096;

/** Running totals along an axis, as a product with a triangle of ones. */
const runningSum: Row = (l) => {
  const x = cast(l, l.operand(0), 'f32');
  const { shape } = x.type;
  const axis = axisOf(l, l.number(1, 'axis'), shape.length);
  const [exclusive, reverse] = [l.bool('exclusive', false), l.bool('reverse', false)];
  const n = shape[axis] ?? 1;
  if (l.failed || n > longestSum) return l.fail(`sums ${n} elements one by one; at most ${longestSum} are read`);
  const counts = (to: number, from: number): boolean =>
    (reverse ? from > to : from < to) || (from === to && !exclusive);
  const ones = Float32Array.from({ length: n * n }, (_, i) => Number(counts(Math.floor(i / n), i % n)));
  // Its own inverse: the axis changes places with the last.
  const swap = shape.map((_, a) => (a === axis ? shape.length - 1 : a === shape.length - 1 ? axis : a));
  const bias = l.known(new Float32Array(n), [n]);
  const sums = l.call({ kind: 'linear', activation: 'none' }, transpose(l, x, swap), l.known(ones, [n, n]), bias);
  return transpose(l, sums, swap);
};

const lastAxis = (l: Layer, x: Value): number => axisOf(l, -1, x.type.shape.length);

export const reduceRows: Rows = {
  All: reduce('min', zeroOrOne),
  Any: reduce('max', zeroOrOne),
  ArgMax: arg(1),
  ArgMin: arg(-1),
  Cumsum: runningSum,
  EuclideanNorm: reduce(
    'sum',
    (l, x) => unary(l, 'square', real(l, x)),
    (l, x) => unary(l, 'sqrt', x),
  ),
  LogSoftmax: (l) => {
    const x = real(l, l.operand(0));
    return logSoftmax(l, x, lastAxis(l, x));
  },
  Max: reduce('max'),
  Mean: reduce('mean', real),
  Min: reduce('min'),
  Prod: reduce('prod'),
  Softmax: (l) => {
    const x = real(l, l.operand(0));
    return l.call({ kind: 'softmax', axis: lastAxis(l, x) }, x);
  },
  Sum: reduce('sum'),
  TopKV2: topK,
};
