/** Whole numbers of few bits: held as i32, and brought back to their range after what may leave it. */
import type { Value } from '../../builder.ts';
import { binary, scalar } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import type { Element } from '../elements.ts';
import { elementRow } from '../elements.ts';

/** The value with the higher bits dropped, as numbers of the type wrap around. Those of 32 and 64 bits stay. */
export function wrapped(scope: Scope, x: Value, element: Element): Value {
  const { bits, range, dtype } = elementRow(element);
  if (dtype === 'f32' || bits >= 32 || x.type.dtype === 'f32') return x;
  if (element === 'bool') return binary(scope, 'not-equal', x, scalar(scope, 0, x));
  const [low] = range;
  const masked = (v: Value): Value => binary(scope, 'bit-and', v, scalar(scope, 2 ** bits - 1, v));
  if (low === 0) return masked(x);
  return binary(scope, 'add', masked(binary(scope, 'sub', x, scalar(scope, low, x))), scalar(scope, low, x));
}

/** Whether every number of the first type is one of the second. */
export function holds(from: Element, to: Element): boolean {
  const [a, b] = [elementRow(from).range, elementRow(to).range];
  return a[0] >= b[0] && a[1] <= b[1];
}
