/** ONNX operators that compare what lies along one axis: softmax and its kin. */

import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { axisOf, binary, cast, reshape } from '../../compose.ts';
import { bestAlong, logSoftmax } from '../../compose-reduce.ts';
import type { Scope } from '../../scope.ts';
import type { Layer, Row, Rows } from '../layer.ts';

/** Before version 13 all axes from the one given on count as one. */
const along =
  (compute: (l: Layer, x: Value, axis: number) => Value): Row =>
  (l) => {
    const x = cast(l, l.operand(0), 'f32');
    const { shape } = x.type;
    const flat = l.opset < 13;
    const given = l.int('axis', flat ? 1 : -1);
    // An axis just past the last is allowed there: each number stands alone.
    const axis = flat && given === shape.length ? given : axisOf(l, given, shape.length);
    if (l.failed) return [];
    const rest = elements(shape.slice(axis + 1));
    if (!flat || (rest === 1 && axis < shape.length)) return compute(l, x, axis);
    const rows = elements(shape.slice(0, axis));
    return reshape(l, compute(l, reshape(l, x, [rows, elements(shape.slice(axis))]), 1), shape);
  };

/** More indices than this are not made for one axis: they are a constant that the model never had. */
const longest = 2 ** 20;

/** 1 where the index along the axis is the given one, 0 elsewhere; `index` has size 1 along it, or lacks it. */
export function oneHot(scope: Scope, index: Value, size: number, axis: number): Value {
  if (index === broken) return index;
  if (size > longest) return scope.fail(`compares indices with ${size} others; at most ${longest} are read`);
  const rank = index.type.shape.length + 1;
  const range = scope.known(
    Int32Array.from({ length: size }, (_, i) => i),
    Array<number>(rank).fill(1).with(axis, size),
    'range',
  );
  return binary(scope, 'equal', reshape(scope, index, index.type.shape.toSpliced(axis, 0, 1)), range);
}

export const softmaxRows: Rows = {
  Hardmax: along((l, x, axis) => cast(l, oneHot(l, bestAlong(l, x, axis), x.type.shape[axis], axis), 'f32')),
  LogSoftmax: along(logSoftmax),
  Softmax: along((l, x, axis) => l.call({ kind: 'softmax', axis }, x)),
};
