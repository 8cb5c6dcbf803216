/** ONNX operators that change the element type. */
import { unaryFunction } from '../../../ops/scalar.ts';
import type { Value } from '../../builder.ts';
import { binary, cast, scalar, unary } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import type { Element } from '../elements.ts';
import { dtypeOfElement, elementName, elementNames, elementOf } from '../elements.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { holds, wrapped } from './whole.ts';

/**
 * Real numbers lose their fraction and then, as whole ones do, the bits that there is no room for. A truth value is
 * whether the number is other than 0. Real numbers of 16 bits are rounded here and nowhere else: what is computed
 * from them stays f32.
 */
export function convert(scope: Scope, x: Value, from: Element, to: Element): Value {
  if (to === 'bool') return from === 'bool' ? x : binary(scope, 'not-equal', x, scalar(scope, 0, x));
  const y = cast(scope, x, dtypeOfElement(to));
  if (dtypeOfElement(to) === 'i32') return holds(from, to) ? y : wrapped(scope, y, to);
  if ((to !== 'float16' && to !== 'bfloat16') || exact[to].includes(from)) return y;
  const fn = `to-${to}` as const;
  // Weights keep their name and which of them are kept.
  return y.data ? { ...y, data: Float32Array.from(y.data, unaryFunction(fn).evaluate) } : unary(scope, fn, y);
}

/** Types all of whose numbers are numbers of 16 bits. */
const exact: Readonly<Record<'float16' | 'bfloat16', readonly Element[]>> = {
  float16: ['float16', 'bool', 'int4', 'uint4', 'int8', 'uint8'],
  bfloat16: ['bfloat16', 'bool', 'int4', 'uint4', 'int8', 'uint8'],
};

const castTo: Row = (l) => {
  const number = l.int('to');
  const to = elementOf(number);
  if (!to) return l.fail(`makes values of type ${elementName(number)}`, `${elementNames.join(', ')} can be made`);
  return converted(l, to);
};

function converted(l: Layer, to: Element): Value {
  l.gives(to);
  return convert(l, l.operand(0), l.element(0), to);
}

export const castRows: Rows = {
  Cast: castTo,
  CastLike: (l) => converted(l, l.operands.length > 1 ? l.element(1) : 'float'),
};
