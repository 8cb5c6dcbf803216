/** ONNX operators that change the element type. */
import { fromF16, toF16 } from '../../tensor/f16.ts';
import type { Value } from '../builder.ts';
import { binary, cast, scalar } from '../compose.ts';
import type { Scope } from '../scope.ts';
import type { Element } from './elements.ts';
import { dtypeOfElement, elementName, elementNames, elementOf, toBfloat16 } from './elements.ts';
import type { Layer, Row, Rows } from './layer.ts';
import { holds, wrapped } from './whole.ts';

/**
 * Real numbers lose their fraction and then, as whole ones do, the bits that there is no room for. A truth value
 * is whether the number is other than 0. Real numbers of 16 bits are rounded where they are known; what is
 * computed from the input stays f32, as all such numbers are while a model runs: it is more precise then, and
 * beyond 65504 it is finite where it would be infinite.
 */
export function convert(scope: Scope, x: Value, from: Element, to: Element): Value {
  if (to === 'bool') return from === 'bool' ? x : binary(scope, 'not-equal', x, scalar(scope, 0, x));
  const y = cast(scope, x, dtypeOfElement(to));
  if (dtypeOfElement(to) === 'i32') return holds(from, to) ? y : wrapped(scope, y, to);
  const round = rounding[to];
  if (!round || !y.data || from === to) return y;
  return { ...y, data: Float32Array.from(y.data, round) };
}

const rounding: Readonly<Partial<Record<Element, (value: number) => number>>> = {
  float16: (value) => fromF16(toF16(value)),
  bfloat16: toBfloat16,
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
