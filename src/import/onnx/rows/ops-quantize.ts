/** ONNX operators between real numbers and the whole ones that stand for them. */
import { binary, cast, reshape, scalar, unary } from '../../compose.ts';
import { reduceOver } from '../../compose-reduce.ts';
import type { Element } from '../elements.ts';
import { dtypeOfElement, elementName, elementOf } from '../elements.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { dequantise, pairFor, quantise } from './quantised.ts';

/** The type is that of the zero, or since version 21 an attribute. */
function targetOf(l: Layer): Element | undefined {
  const number = l.int('output_dtype', 0);
  const element = l.optional(2) ? l.element(2) : number === 0 ? 'uint8' : elementOf(number);
  if (element && dtypeOfElement(element) === 'i32' && !/32|64|bool/.test(element)) return element;
  return void l.fail(`gives ${element ?? elementName(number)}`, 'whole numbers of 4, 8 and 16 bits are read');
}

const quantize: Row = (l) => {
  const x = l.operand(0);
  const element = targetOf(l);
  const pair = pairFor(l, x.type.shape, 1, 2);
  if (!element || !pair) return [];
  l.gives(element);
  return quantise(l, x, pair, element);
};

const dequantize: Row = (l) => {
  const x = l.operand(0);
  const pair = pairFor(l, x.type.shape, 1, 2);
  if (!pair) return [];
  l.gives(l.element(1));
  return dequantise(l, x, pair);
};

/** With the scale and the zero that spread the numbers, and 0, over those of 8 bits. */
const dynamic: Row = (l) => {
  const x = cast(l, l.operand(0), 'f32');
  const all = [...x.type.shape.keys()];
  const end = (fn: 'min' | 'max') => binary(l, fn, reduceOver(l, fn, x, all, false), scalar(l, 0, x));
  const [low, high] = [end('min'), end('max')];
  const step = binary(l, 'div', binary(l, 'sub', high, low), scalar(l, 255, x));
  // Where all numbers are 0, any step will do.
  const scale = l.call({ kind: 'select' }, binary(l, 'greater', step, scalar(l, 0, x)), step, scalar(l, 1, x));
  const start = unary(l, 'round', unary(l, 'neg', binary(l, 'div', low, scale)));
  const bounded = binary(l, 'min', binary(l, 'max', start, scalar(l, 0, x)), scalar(l, 255, x));
  const zero = cast(l, bounded, 'i32');
  l.gives('uint8', 0);
  l.gives('float', 1);
  l.gives('uint8', 2);
  return [
    quantise(l, x, { scale: reshape(l, scale, [1]), zero: reshape(l, zero, [1]), axis: -1 }, 'uint8'),
    scale,
    zero,
  ];
};

export const quantizeRows: Rows = {
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: dynamic,
  QuantizeLinear: quantize,
};
