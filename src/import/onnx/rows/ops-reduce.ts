/** ONNX operators that reduce along axes. */
import type { Reduce } from '../../../ops/reduce.ts';
import type { Shape } from '../../../tensor/type.ts';
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { axisOf, binary, cast, reshape, scalar, unary } from '../../compose.ts';
import { reduceOver } from '../../compose-reduce.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { wrapped } from './whole.ts';

interface Kind {
  readonly fn: Reduce['fn'];
  readonly before?: (l: Layer, x: Value) => Value;
  readonly after?: (l: Layer, x: Value) => Value;
  /** Of real numbers alone; whole ones become real, and their result loses its fraction. */
  readonly real?: true;
  /** The version since which the axes are an input. */
  readonly since?: number;
}

/** In order, each once; all where none are given, unless the attribute says that none are meant. */
function axesOf(l: Layer, shape: Shape, since: number): readonly number[] {
  const all = [...shape.keys()];
  const given = l.opset >= since ? (l.optional(1) ? l.numbers(1, 'axes') : []) : l.ints('axes', []);
  if (given.length === 0) return l.flag('noop_with_empty_axes', false) ? [] : all;
  return [...new Set(given.map((a) => axisOf(l, a, shape.length)))].sort((a, b) => a - b);
}

const same = (_: Layer, x: Value): Value => x;

const reduce =
  ({ fn, before = same, after = same, real, since = 18 }: Kind): Row =>
  (l) => {
    const given = l.operand(0);
    const { shape, dtype } = given.type;
    const axes = axesOf(l, shape, since);
    const keep = l.flag('keepdims', true);
    if (l.failed) return [];
    if (given.data?.length === 0) return ofNothing(l, fn, shape, axes, keep, after);
    const x = before(l, real ? cast(l, given, 'f32') : given);
    const result = after(
      l,
      fn === 'mean' && dtype === 'i32' ? wholeMean(l, x, axes, keep) : reduceOver(l, fn, x, axes, keep),
    );
    return wrapped(l, cast(l, result, dtype === 'i32' ? 'i32' : 'f32'), l.element(0));
  };

/** The mean of whole numbers drops its fraction. */
function wholeMean(l: Layer, x: Value, axes: readonly number[], keep: boolean): Value {
  const count = axes.reduce((n, axis) => n * x.type.shape[axis], 1);
  const total = reduceOver(l, 'sum', x, axes, keep);
  return binary(l, 'trunc-div', total, scalar(l, count, total));
}

const neutral: Readonly<Record<Reduce['fn'], number>> = { sum: 0, mean: NaN, prod: 1, max: -Infinity, min: Infinity };

/** What is reduced to from no numbers at all. Shape arithmetic asks for it. */
function ofNothing(
  l: Layer,
  fn: Reduce['fn'],
  from: Shape,
  axes: readonly number[],
  keep: boolean,
  after: NonNullable<Kind['after']>,
) {
  const { dtype } = l.operand(0).type;
  const shape = from.flatMap((d, axis) => (!axes.includes(axis) ? [d] : keep ? [1] : []));
  const isWhole = dtype === 'i32';
  const count = elements(shape);
  if (count !== 1 || (isWhole && !Number.isInteger(neutral[fn])))
    return l.fail(`reduces a value of shape [${from.join(', ')}], which has no elements`);
  const start = scalar(l, neutral[fn], l.operand(0));
  return reshape(l, cast(l, after(l, isWhole ? start : cast(l, start, 'f32')), isWhole ? 'i32' : 'f32'), shape);
}

/** log Σ eˣ, of numbers that the largest is taken from first, since e^89 is beyond all numbers. */
const logSumExp: Row = (l) => {
  const x = cast(l, l.operand(0), 'f32');
  const axes = axesOf(l, x.type.shape, 18);
  const keep = l.flag('keepdims', true);
  if (l.failed) return [];
  const top = reduceOver(l, 'max', x, axes, true);
  const total = reduceOver(l, 'sum', unary(l, 'exp', binary(l, 'sub', x, top)), axes, true);
  const finite = binary(l, 'add', unary(l, 'log', total), top);
  // Infinity less infinity is nothing.
  const result = l.call({ kind: 'select' }, unary(l, 'is-inf', top), top, finite);
  const shape = x.type.shape.flatMap((d, axis) => (!axes.includes(axis) ? [d] : keep ? [1] : []));
  return cast(l, reshape(l, result, shape), l.operand(0).type.dtype === 'i32' ? 'i32' : 'f32');
};

const size = (l: Layer, x: Value): Value => unary(l, 'abs', x);
const square = (l: Layer, x: Value): Value => unary(l, 'square', x);
const root = (l: Layer, x: Value): Value => unary(l, 'sqrt', x);
const logarithm = (l: Layer, x: Value): Value => unary(l, 'log', x);

export const reduceRows: Rows = {
  ReduceL1: reduce({ fn: 'sum', before: size }),
  ReduceL2: reduce({ fn: 'sum', before: square, after: root, real: true }),
  ReduceLogSum: reduce({ fn: 'sum', after: logarithm, real: true }),
  ReduceLogSumExp: logSumExp,
  ReduceMax: reduce({ fn: 'max' }),
  ReduceMean: reduce({ fn: 'mean' }),
  ReduceMin: reduce({ fn: 'min' }),
  ReduceProd: reduce({ fn: 'prod' }),
  ReduceSum: reduce({ fn: 'sum', since: 13 }),
  ReduceSumSquare: reduce({ fn: 'sum', before: square }),
};
