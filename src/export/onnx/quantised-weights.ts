/**
 * Real weights that stand for whole numbers are written as those, with the operator that makes them real: a runtime that
 * works with bytes finds the bytes that the model was made with, and the file is a quarter as large.
 */
import type { Constant } from '../../graph/graph.ts';
import type { Element } from '../../import/onnx/elements.ts';
import { elementRow } from '../../import/onnx/elements.ts';
import { reshapedQuantity, transposedQuantity, wholesOf } from '../../tensor/quantity.ts';
import type { Shape } from '../../tensor/type.ts';
import type { OnnxFile, Tensor } from './file.ts';
import { int, numbersOf } from './file.ts';
import type { Order } from './order.ts';
import { reordered, reorderedData } from './order.ts';

/** The tensor, with its axes in an order and then as `sizes`; undefined where the weights stand for nothing else. */
export function quantisedWeights(
  file: OnnxFile,
  { type, data, mask }: Constant,
  { order, sizes, stem }: { readonly order: Order; readonly sizes: Shape; readonly stem: string },
): Tensor | undefined {
  const { quantity, dtype, shape } = type;
  const wholes = quantity && dtype === 'f32' ? wholesOf(quantity, shape, data) : undefined;
  if (!quantity || !wholes) return undefined;
  // Of one axis are biases, which are added to sums of 32 bits.
  const element = elementFor(wholes, quantity.zero, shape.length === 1 ? ['int32'] : ['int8', 'uint8', 'int32']);
  const turned = reshapedQuantity(transposedQuantity(quantity, order), reordered(shape, order), sizes);
  if (!element || !turned) return undefined;
  const { scale, zero, axis } = turned;
  const pair = axis < 0 ? [] : [scale.length];
  const numbers = reorderedData(wholes, 'i32', shape, order);
  const store = (as: Element, long: Shape, values: ArrayLike<number>, what: string, kept?: Mask): Tensor =>
    file.store({ element: as, shape: long, data: numbersOf(as, values), mask: kept }, `${stem}_${what}`);
  const kept = mask && (reorderedData(mask, 'u8', shape, order) as Mask);
  const inputs = [
    store(element, sizes, numbers, 'quantized', kept),
    store('float', pair, scale, 'scale'),
    ...(element === 'int32' ? [] : [store(element, pair, zero, 'zero_point')]),
  ];
  return file.node('DequantizeLinear', inputs, axis < 0 ? {} : { axis: int(axis) }, stem)[0];
}

type Mask = Uint8Array<ArrayBuffer>;

/** The first that all numbers fit; 32 bits only where zero is 0: what the operator takes. */
function elementFor(
  wholes: ArrayLike<number>,
  zero: readonly number[],
  elements: readonly Element[],
): Element | undefined {
  const fits = (numbers: ArrayLike<number>, element: Element): boolean => {
    const [low, high] = elementRow(element).range;
    for (let i = 0; i < numbers.length; i++) if (!(numbers[i] >= low && numbers[i] <= high)) return false;
    return true;
  };
  return elements.find((element) =>
    element === 'int32' ? zero.every((z) => z === 0) : fits(wholes, element) && fits(zero, element),
  );
}
