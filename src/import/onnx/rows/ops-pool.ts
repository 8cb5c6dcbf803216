/** ONNX pools: windows over pictures, and whole pictures. */
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { binary, cast, scalar, unary } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { pool, poolWindows } from './pool.ts';
import { poolIndices } from './pool-indices.ts';

const largest: Row = (l) => {
  const x = l.operand(0);
  const windows = poolWindows(l, x);
  if (!windows) return broken;
  l.gives(l.element(0));
  const result = pool(l, x, 'max', windows, 'pixels');
  if (l.outputs < 2) return result;
  l.gives('int64', 1);
  return [result, poolIndices(l, x, windows, l.int('storage_order', 0) === 1)];
};

const average: Row = (l) => {
  const x = l.operand(0);
  const windows = poolWindows(l, x);
  return windows ? pool(l, x, 'avg', windows, l.flag('count_include_pad', false) ? 'padded' : 'pixels') : broken;
};

const norm: Row = (l) => {
  const x = l.operand(0);
  const windows = poolWindows(l, x);
  if (!windows) return broken;
  return normOf(l, x, l.int('p', 2), (powers) => {
    const mean = pool(l, powers, 'avg', windows, 'window');
    return binary(l, 'mul', mean, scalar(l, elements(windows.kernel), mean));
  });
};

/** (Σ |x|^p)^(1/p), with a sum of some kind. */
export function normOf(scope: Scope, x: Value, p: number, sum: (powers: Value) => Value): Value {
  const real = cast(scope, x, 'f32');
  if (real === broken) return broken;
  if (p === 1) return sum(unary(scope, 'abs', real));
  if (p === 2) return unary(scope, 'sqrt', sum(unary(scope, 'square', real)));
  if (!(p > 0)) return scope.fail(`takes a number above zero as "p" and is given ${p}`);
  const powers = binary(scope, 'pow', unary(scope, 'abs', real), scalar(scope, p, real));
  const total = sum(powers);
  return binary(scope, 'pow', total, scalar(scope, 1 / p, real));
}

/** Along all axes after batch and channels, which stay with size 1. */
const overImage = (l: Layer, fn: 'max' | 'mean' | 'sum', x: Value): Value =>
  l.call(
    { kind: 'reduce', fn, axes: x.type.shape.map((_, axis) => axis).slice(2), keep: true },
    fn === 'max' ? x : cast(l, x, 'f32'),
  );

export const poolRows: Rows = {
  AveragePool: average,
  GlobalAveragePool: (l) => overImage(l, 'mean', l.operand(0)),
  GlobalLpPool: (l) => normOf(l, l.operand(0), l.int('p', 2), (powers) => overImage(l, 'sum', powers)),
  GlobalMaxPool: (l) => overImage(l, 'max', l.operand(0)),
  LpPool: norm,
  MaxPool: largest,
};
