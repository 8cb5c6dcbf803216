/** TensorFlow operators that reduce along axes, and those that look for the largest. */
import type { Reduce } from '../../ops/reduce.ts';
import type { Value } from '../builder.ts';
import { axisOf, binary, cast, scalar, unary } from '../compose.ts';
import { bestAlong, logSoftmax, reduceOver, reversed, runningSum } from '../compose-reduce.ts';
import type { Layer, Row, Rows } from './layer.ts';

/** Axes in order, each once. None are none, as in TensorFlow. */
const axes = (l: Layer, x: Value): readonly number[] => {
  const rank = x.type.shape.length;
  if (l.operands.length < 2) return x.type.shape.map((_, a) => a);
  return [...new Set(l.numbers(1, 'axes').map((a) => axisOf(l, a, rank)))].sort((a, b) => a - b);
};

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
  (prepare: (l: Layer, x: Value) => Value): Row =>
  (l) => {
    const x = l.operand(0);
    const axis = axisOf(l, l.operands.length > 1 ? l.number(1, 'axis') : 0, x.type.shape.length);
    return l.failed ? [] : bestAlong(l, prepare(l, x), axis);
  };

const topK: Row = (l) => {
  const x = l.operand(0);
  const k = l.operands.length > 1 ? l.number(1, 'k') : l.int('k');
  return [l.call({ kind: 'top-k', k, output: 'values' }, x), l.call({ kind: 'top-k', k, output: 'indices' }, x)];
};

const runningTotals: Row = (l) => {
  const x = l.operand(0);
  const axis = axisOf(l, l.number(1, 'axis'), x.type.shape.length);
  if (l.failed) return [];
  return runningSum(l, x, { axis, exclusive: l.bool('exclusive', false), reverse: l.bool('reverse', false) });
};

const lastAxis = (l: Layer, x: Value): number => axisOf(l, -1, x.type.shape.length);

export const reduceRows: Rows = {
  All: reduce('min', zeroOrOne),
  Any: reduce('max', zeroOrOne),
  ArgMax: arg((_, x) => x),
  ArgMin: arg(reversed),
  Cumsum: runningTotals,
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
