/** Whole numbers that stand for real ones. */
import type { Element } from '../../import/onnx/elements.ts';
import { elementNumber, elementRow } from '../../import/onnx/elements.ts';
import type { Dequantize } from '../../ops/dequantize.ts';
import type { Quantize } from '../../ops/quantize.ts';
import type { Tensor } from './file.ts';
import { int } from './file.ts';
import type { Layer, Row } from './layer.ts';
import { held, number, orderOf } from './layer.ts';
import type { Order } from './order.ts';

const bytes = ['uint8', 'int8'] as const;

/** Whether all numbers of a constant are in the range of an element type. */
function fits(l: Layer, operand: string, element: Element): boolean {
  const [low, high] = elementRow(element).range;
  return l.known(operand)?.every((v) => v >= low && v <= high) ?? false;
}

/** One pair for the whole tensor is without axes. */
const parameter = (l: Layer, name: string, axis: number, element: Element): Tensor =>
  l.shaped(name, axis < 0 ? [] : l.types[name].shape, element);

const alongAxis = (axis: number, order: Order) => (axis < 0 ? {} : { axis: int(order.indexOf(axis)) });

/** The pair's numbers in a shape that broadcasts with x in an order. */
const spread = (l: Layer, name: string, axis: number, order: Order, element: Element): Tensor => {
  const after = axis < 0 ? 0 : order.length - 1 - order.indexOf(axis);
  return l.shaped(name, axis < 0 ? [] : [...l.types[name].shape, ...Array<number>(after).fill(1)], element);
};

/**
 * To a byte with its zero: as one operator. Everything else: as the sum that it is. In the order in which its users want it:
 * nothing stands between a layer and what makes its operand real, which is how runtimes know layers of bytes.
 */
export const quantize: Row<Quantize> = ({ axis, low, high }, l) => {
  const order = l.want ?? orderOf(l, 'x');
  const tensor = l.view('x', order);
  const element = bytes.find((e) => elementRow(e).range[0] === low && elementRow(e).range[1] === high);
  if (element && fits(l, 'zero', element)) {
    const [scale, zero] = [parameter(l, 'scale', axis, 'float'), parameter(l, 'zero', axis, element)];
    const result = l.node('QuantizeLinear', [tensor, scale, zero], alongAxis(axis, order));
    return { tensor: result, order, element };
  }
  const steps = l.node('Round', [l.node('Div', [tensor, spread(l, 'scale', axis, order, 'float')])]);
  const placed = l.node('Add', [steps, spread(l, 'zero', axis, order, 'float')]);
  const bounded = l.node('Clip', [placed, number(l, low), number(l, high)]);
  return held(l, l.node('Cast', [bounded], { to: int(elementNumber('int32')) }), order);
};

export const dequantize: Row<Dequantize> = ({ axis }, l) => {
  const order = orderOf(l, 'x');
  const element = storedAs(l);
  if (element) {
    const [scale, zero] = [parameter(l, 'scale', axis, 'float'), parameter(l, 'zero', axis, element)];
    const inputs = [l.view('x', order, element), scale, ...(element === 'int32' ? [] : [zero])];
    return held(l, l.node('DequantizeLinear', inputs, alongAxis(axis, order)), order);
  }
  const apart = l.node('Sub', [l.view('x', order), spread(l, 'zero', axis, order, 'int32')]);
  const real = l.node('Cast', [apart], { to: int(elementNumber('float')) });
  return held(l, l.node('Mul', [real, spread(l, 'scale', axis, order, 'float')]), order);
};

/** The type in which the operator takes x: bytes where it is known to be bytes, and i32 where the zero is 0. */
function storedAs(l: Layer): Element | undefined {
  const computed = l.views('x')[0]?.element;
  const byte = bytes.find((e) => (computed === e || fits(l, 'x', e)) && fits(l, 'zero', e));
  return byte ?? (l.known('zero')?.every((v) => v === 0) ? 'int32' : undefined);
}
