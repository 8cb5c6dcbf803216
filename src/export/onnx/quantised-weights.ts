/**
 * Real weights that stand for whole numbers are written as those, with the operator that makes them real: a runtime that
 * works with bytes finds the bytes that the model was made with, and the file is a quarter as large.
 */
import type { Constant } from '../../graph/graph.ts';
import type { Element } from '../../import/onnx/elements.ts';
import { elementRow } from '../../import/onnx/elements.ts';
import { transposedQuantity, wholesOf } from '../../tensor/quantity.ts';
import type { OnnxFile, Tensor } from './file.ts';
import { int, numbersOf } from './file.ts';
import type { Order } from './order.ts';
import { reordered, reorderedData } from './order.ts';

/** The tensor, with its axes in an order; undefined where the weights stand for nothing else, or a mask goes with them. */
export function quantisedWeights(
  file: OnnxFile,
  { type, data, mask }: Constant,
  order: Order,
  stem: string,
): Tensor | undefined {
  const { quantity, dtype, shape } = type;
  const wholes = quantity && dtype === 'f32' && !mask ? wholesOf(quantity, shape, data) : undefined;
  if (!quantity || !wholes) return undefined;
  const element = elementFor(wholes, quantity.zero);
  if (!element) return undefined;
  const { scale, zero, axis } = transposedQuantity(quantity, order);
  const pair = axis < 0 ? [] : [scale.length];
  const numbers = reorderedData(wholes, 'i32', shape, order);
  const store = (as: Element, sizes: readonly number[], values: ArrayLike<number>, what: string): Tensor =>
    file.store({ element: as, shape: sizes, data: numbersOf(as, values) }, `${stem}_${what}`);
  const inputs = [
    store(element, reordered(shape, order), numbers, 'quantized'),
    store('float', pair, scale, 'scale'),
    ...(element === 'int32' ? [] : [store(element, pair, zero, 'zero_point')]),
  ];
  return file.node('DequantizeLinear', inputs, axis < 0 ? {} : { axis: int(axis) }, stem)[0];
}

/** Bytes where all numbers are such, and 32 bits where zero is 0: what the operator takes. */
function elementFor(wholes: ArrayLike<number>, zero: readonly number[]): Element | undefined {
  const fits = (numbers: ArrayLike<number>, element: Element): boolean => {
    const [low, high] = elementRow(element).range;
    for (let i = 0; i < numbers.length; i++) if (!(numbers[i] >= low && numbers[i] <= high)) return false;
    return true;
  };
  const byte = (['int8', 'uint8'] as const).find((element) => fits(wholes, element) && fits(zero, element));
  return byte ?? (zero.every((z) => z === 0) ? 'int32' : undefined);
}
