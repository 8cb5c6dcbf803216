/** ONNX operators that look for the largest or smallest along an axis, and running totals. */
import type { Value } from '../../builder.ts';
import { axisOf, binary, reshape, scalar, transpose } from '../../compose.ts';
import { bestAlong, fromLast, reversed, runningSum, toLast } from '../../compose-reduce.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { wrapped } from './whole.ts';

/** The index of the first or the last of those that are equal. */
const arg =
  (prepare: (l: Layer, x: Value) => Value): Row =>
  (l) => {
    const given = l.operand(0);
    const { shape } = given.type;
    const axis = axisOf(l, l.int('axis', 0), shape.length);
    if (l.failed) return [];
    const x = prepare(l, given);
    const index = l.flag('select_last_index', false) ? lastBest(l, x, axis) : bestAlong(l, x, axis);
    l.gives('int64');
    return l.flag('keepdims', true) ? reshape(l, index, shape.with(axis, 1)) : index;
  };

function lastBest(l: Layer, x: Value, axis: number): Value {
  const { shape } = x.type;
  if (l.failed) return x;
  const none = shape.map(() => 0);
  const begin = none.with(axis, shape[axis] - 1);
  const step = none.map((_, a) => (a === axis ? -1 : 1));
  const fromEnd = bestAlong(l, l.call({ kind: 'slice', begin, size: shape, step }, x), axis);
  return binary(l, 'sub', scalar(l, shape[axis] - 1, fromEnd), fromEnd);
}

/** The count became an input in version 10; the smallest can be asked for since 11. They come in order, asked for or not. */
const topK: Row = (l) => {
  const given = l.operand(0);
  const { shape } = given.type;
  const k = l.opset < 10 ? l.int('k') : l.number(1, 'count');
  const axis = axisOf(l, l.int('axis', -1), shape.length);
  const smallest = !l.flag('largest', true);
  if (l.failed) return [];
  const moved = transpose(l, smallest ? reversed(l, given) : given, toLast(shape.length, axis));
  const [values, indices] = (['values', 'indices'] as const).map((output) =>
    transpose(l, l.call({ kind: 'top-k', k, output }, moved), fromLast(shape.length, axis)),
  );
  l.gives(l.element(0), 0);
  l.gives('int64', 1);
  return [smallest ? reversed(l, values) : values, indices];
};

const runningTotals: Row = (l) => {
  const x = l.operand(0);
  const axis = axisOf(l, l.number(1, 'axis'), x.type.shape.length);
  if (l.failed) return [];
  const sums = runningSum(l, x, { axis, exclusive: l.flag('exclusive', false), reverse: l.flag('reverse', false) });
  return wrapped(l, sums, l.element(0));
};

export const orderRows: Rows = {
  ArgMax: arg((_, x) => x),
  ArgMin: arg(reversed),
  CumSum: runningTotals,
  TopK: topK,
};
