/** Indices of ONNX: those below zero count from the back. */
import type { Value } from '../../builder.ts';
import { binary, cast, isEmpty, scalar } from '../../compose.ts';
import type { Scope } from '../../scope.ts';

/** Indices along an axis of `size`, counted from the front. Those that are known are checked. */
export function counted(scope: Scope, given: Value, size: number): Value {
  const indices = cast(scope, given, 'i32');
  const { data, type } = indices;
  if (!data) {
    const below = binary(scope, 'less', indices, scalar(scope, 0, indices));
    const fromBack = binary(scope, 'add', indices, scalar(scope, size, indices));
    return scope.call({ kind: 'select' }, below, fromBack, indices);
  }
  const odd = data.find((i) => i < -size || i >= size);
  if (odd !== undefined) return scope.fail(`takes element ${odd} of ${size}`);
  return isEmpty(type.shape) || data.every((i) => i >= 0)
    ? indices
    : scope.known(
        Int32Array.from(data, (i) => (i < 0 ? i + size : i)),
        type.shape,
        'indices',
      );
}
