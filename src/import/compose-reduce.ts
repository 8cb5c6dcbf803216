/** Calls along axes that readers of layers make again and again. */
import type { Reduce } from '../ops/reduce.ts';
import type { Value } from './builder.ts';
import { broken } from './builder.ts';
import { binary, broadcastTo, reshape, scalar, slice, transpose, unary } from './compose.ts';
import type { Scope } from './scope.ts';

export function reduceOver(scope: Scope, fn: Reduce['fn'], x: Value, along: readonly number[], keep: boolean): Value {
  if (along.length === 0) return x;
  return scope.call({ kind: 'reduce', fn, axes: along, keep }, x);
}

/** x − max − log Σ exp(x − max) along an axis. */
export function logSoftmax(scope: Scope, x: Value, axis: number): Value {
  const shifted = binary(scope, 'sub', x, reduceOver(scope, 'max', x, [axis], true));
  const total = reduceOver(scope, 'sum', unary(scope, 'exp', shifted), [axis], true);
  return binary(scope, 'sub', shifted, unary(scope, 'log', total));
}

/** The permutation that brings an axis to the end, and leaves the others in order. */
export const toLast = (rank: number, axis: number): readonly number[] => [
  ...[...Array(rank).keys()].filter((a) => a !== axis),
  axis,
];

/** The permutation that brings the last axis to the place of `axis`. */
export const fromLast = (rank: number, axis: number): readonly number[] =>
  toLast(rank, axis).map((_, to, perm) => perm.indexOf(to));

/** What has the opposite order: of whole numbers the complement, since −2^31 has no negative. */
export const reversed = (scope: Scope, x: Value): Value =>
  x.type.dtype === 'i32' ? binary(scope, 'bit-xor', x, scalar(scope, -1, x)) : unary(scope, 'neg', x);

/** Where the largest along an axis is, the first of those that are equal; the axis is gone. */
export function bestAlong(scope: Scope, x: Value, axis: number): Value {
  const { shape } = x.type;
  const best = scope.call({ kind: 'top-k', k: 1, output: 'indices' }, transpose(scope, x, toLast(shape.length, axis)));
  return best === broken ? best : reshape(scope, best, shape.toSpliced(axis, 1));
}

export interface RunningSum {
  readonly axis: number;
  /** Whether an element is no part of its own sum. */
  readonly exclusive: boolean;
  /** Whether sums run from the end. */
  readonly reverse: boolean;
}

/** Running totals along an axis: of neighbours, then of pairs of them, of fours and so on. */
export function runningSum(scope: Scope, x: Value, { axis, exclusive, reverse }: RunningSum): Value {
  const size = x.type.shape[axis];
  if (x === broken) return x;
  let sums = exclusive ? shifted(scope, x, axis, 1, reverse) : x;
  for (let by = 1; by < size; by *= 2) sums = binary(scope, 'add', sums, shifted(scope, sums, axis, by, reverse));
  return sums;
}

/** Moved along an axis, with zeros where nothing comes from. */
function shifted(scope: Scope, x: Value, axis: number, by: number, back: boolean): Value {
  if (x === broken) return x;
  const { shape } = x.type;
  const none = shape.map(() => 0);
  const left = shape[axis] - by;
  if (left <= 0) return broadcastTo(scope, scalar(scope, 0, x), shape);
  const part = slice(scope, x, back ? none.with(axis, by) : none, shape.with(axis, left));
  const [before, after] = back ? [none, none.with(axis, by)] : [none.with(axis, by), none];
  return scope.call({ kind: 'pad', before, after, mode: 'constant', value: 0 }, part);
}
