/** Arithmetic of quantised numbers, and their functions by tables. */
import type { Lookup } from '../../ops/lookup.ts';
import type { Requantize } from '../../ops/requantize.ts';
import { mostBound, mostMultiplier, mostShift } from '../../ops/requantize.ts';
import type { Tensor } from './file.ts';
import { int } from './file.ts';
import type { Layer, Row } from './layer.ts';
import { asItLies, held, isZero, number, orderOf } from './layer.ts';
import type { Order } from './order.ts';

/**
 * In 32 bits, as the loops of the operator have it: x · multiplier is t · 2^16 + r. Divisions of ONNX are towards zero, and
 * `Mod` has the sign of the divisor.
 */
export const requantize: Row<Requantize> = ({ low, high }, l) => {
  const order = orderOf(l, 'x');
  const after = afterChannels(order);
  const unit = number(l, 65536, 'int32');
  const floored = (x: Tensor, by: Tensor): Tensor => l.node('Div', [l.node('Sub', [x, l.node('Mod', [x, by])]), by]);
  const ofShift = (make: (shift: number) => number): Tensor => parameter(l, 'shift', [1, mostShift], after, make);

  const x = l.view('x', order);
  const multiplier = parameter(l, 'multiplier', [0, mostMultiplier], after);
  const product = l.node('Mul', [l.node('Mod', [x, unit]), multiplier]);
  const upper = l.node('Mul', [floored(x, unit), multiplier]);
  const t = l.node('Add', [upper, l.node('Div', [product, unit])]);

  const isLong = l.known('shift')?.every((shift) => shift > 16) ?? false;
  const half = ofShift((shift) => (shift > 16 ? 2 ** (shift - 17) : 0));
  const long = (moved: Tensor): Tensor =>
    floored(
      l.node('Add', [moved, half]),
      ofShift((s) => 2 ** Math.max(s - 16, 0)),
    );
  const mixed = (): Tensor => {
    const top = (shift: number): number => 2 ** (30 - Math.max(16 - shift, 0));
    const bounded = l.node('Min', [l.node('Max', [t, ofShift((s) => -top(s))]), ofShift(top)]);
    const moved = l.node('Mul', [bounded, ofShift((s) => 2 ** Math.max(16 - s, 0))]);
    // For long shifts the rest counts for nothing.
    const up = l.node('Add', [l.node('Mod', [product, unit]), ofShift((s) => (s > 16 ? 0 : 2 ** (s - 1)))]);
    return long(l.node('Add', [moved, l.node('Div', [up, ofShift((s) => 2 ** Math.min(s, 16))])]));
  };
  const steps = isLong ? long(t) : mixed();
  const zero = parameter(l, 'zero', [-mostBound, mostBound], []);
  const placed = isZero(l, 'zero') ? steps : l.node('Add', [steps, zero]);
  return held(l, l.node('Clip', [placed, number(l, low, 'int32'), number(l, high, 'int32')]), order);
};

export const lookup: Row<Lookup> = ({ low }, l) => {
  const { tensor, order } = asItLies(l, 'x');
  const { shape } = l.types.table;
  const entries = shape[shape.length - 1];
  const [least, most] = [low, low + entries - 1];
  const inside = l.node('Clip', [tensor, number(l, least, 'int32'), number(l, most, 'int32')]);
  const entry = low === 0 ? inside : l.node('Sub', [inside, number(l, low, 'int32')]);
  if (shape.length === 1) return held(l, l.node('Gather', [l.shaped('table', shape), entry], { axis: int(0) }), order);
  const firsts = Array.from({ length: shape[0] }, (_, c) => c * entries);
  const first = l.constant('int32', [shape[0], ...afterChannels(order)], firsts, 'first_entry');
  const place = l.node('Add', [entry, first]);
  return held(l, l.node('Gather', [l.shaped('table', [shape[0] * entries]), place], { axis: int(0) }), order);
};

/** A size of 1 for each axis after the channels: what spreads one number a channel. */
const afterChannels = (order: Order): readonly number[] =>
  Array<number>(order.length === 0 ? 0 : order.length - 1 - order.indexOf(order.length - 1)).fill(1);

/** A number made of each of an operand's, which are taken as the nearest within bounds. */
function parameter(
  l: Layer,
  name: string,
  [low, high]: readonly [number, number],
  after: readonly number[],
  make?: (value: number) => number,
): Tensor {
  const { shape: given } = l.types[name];
  const shape = given[0] === 1 ? [] : [...given, ...after];
  const known = l.known(name);
  const made = make ?? ((value: number) => value);
  if (known) {
    const numbers = Array.from(known, (v) => made(Math.min(Math.max(v, low), high)));
    return l.constant('int32', shape, numbers, name);
  }
  const inside = l.node('Clip', [l.shaped(name, shape, 'int32'), number(l, low, 'int32'), number(l, high, 'int32')]);
  if (!make) return inside;
  const all = Array.from({ length: high - low + 1 }, (_, i) => make(low + i));
  const place = l.node('Sub', [inside, number(l, low, 'int32')]);
  return l.node('Gather', [l.constant('int32', [all.length], all, `${name}_powers`), place], { axis: int(0) });
}
