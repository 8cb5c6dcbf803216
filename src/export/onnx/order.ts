/**
 * The order of axes: a tensor of the file holds a value with its axes in some order, so that pictures, [n, h, w, c] in
 * every graph, are [n, c, h, w] in the file, and a transpose costs nothing until somebody needs another order.
 */
import { copyView, stridesOf } from '../../ops/strides.ts';
import type { Numbers } from '../../tensor/numbers.ts';
import type { Shape } from '../../tensor/type.ts';
import { sameShape } from '../../tensor/type.ts';

/** Axis k of the tensor is axis order[k] of the value. */
export type Order = readonly number[];

export const plainOrder = (rank: number): Order => Array.from({ length: rank }, (_, axis) => axis);

/** Pictures and weights of convolutions: [n, h, w, c] as [n, c, h, w], [o, kh, kw, i] as [o, i, kh, kw]. */
export const imageOrder: Order = [0, 3, 1, 2];

/** The last two axes swapped. */
export const swapped = (rank: number): Order => [...plainOrder(rank - 2), rank - 1, rank - 2];

export const sameOrder = (a: Order, b: Order): boolean => sameShape(a, b);

/** The sizes of the tensor that holds a value of this shape. */
export const reordered = <T>(of: readonly T[], order: Order): readonly T[] => order.map((axis) => of[axis]);

/** Whether the elements come one after the other as they do in the other order: axes of size 1 do not matter. */
export function sameSequence(shape: Shape, a: Order, b: Order): boolean {
  const long = (order: Order): Order => order.filter((axis) => shape[axis] !== 1);
  return sameOrder(long(a), long(b));
}

/** The elements of plain data in another order of axes. */
export function reorderedData(data: Numbers, dtype: Parameters<typeof copyView>[1], shape: Shape, order: Order) {
  if (sameSequence(shape, order, plainOrder(shape.length))) return data;
  return copyView(data, dtype, {
    shape: reordered(shape, order),
    from: 0,
    strides: reordered(stridesOf(shape), order),
  });
}
