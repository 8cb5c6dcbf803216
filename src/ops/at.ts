/** Where the element with given coordinates lies in memory: the one place in the loops that knows layouts. */

import type { Arr, Expr, Operand, Stmt } from '../loop/loop.ts';
import { add, div, load, mod, mul, nest, store, sum } from '../loop/loop.ts';
import type { TensorType } from '../tensor/type.ts';
import { paddedTo, panelsOf, pictureOf } from '../tensor/type.ts';
import type { Site } from './rules.ts';

/** Index into the stored array of `type` for one coordinate per axis of its shape. */
export function at({ shape, layout }: TensorType, coordinates: readonly Operand[]): Expr {
  if (layout.kind === 'plain')
    return coordinates.reduce<Expr>((flat, c, axis) => add(mul(flat, shape[axis]), c), sum());
  const last = shape.length - 1;
  const first = shape.length > 2 ? 1 : 0;
  const n = first === 0 ? 0 : coordinates[0];
  const pixel = coordinates
    .slice(first, last)
    .reduce<Expr>((flat, place, axis) => add(mul(flat, shape[first + axis]), place), sum());
  const channel = coordinates[last];
  if (layout.kind === 'pieces')
    return sum(mul(add(mul(n, pictureOf(shape).pixels), pixel), paddedTo(shape[last], layout.of)), channel);
  const { lanes } = layout;
  const panel = add(mul(n, panelsOf(shape, lanes)), div(pixel, lanes));
  if (layout.pairs) {
    const pair = sum(mul(panel, Math.ceil(shape[last] / 2)), div(channel, 2));
    return add(mul(add(mul(pair, lanes), mod(pixel, lanes)), 2), mod(channel, 2));
  }
  const row = sum(mul(panel, shape[last]), channel);
  return add(mul(row, lanes), mod(pixel, lanes));
}

export const read = (array: Arr, type: TensorType, coordinates: readonly Operand[]): Expr =>
  load(array, at(type, coordinates));

export const write = (array: Arr, type: TensorType, coordinates: readonly Operand[], value: Expr): Stmt =>
  store(array, at(type, coordinates), value);

/** Loops that take every element of the result from somewhere in `x`: `from` gives its coordinates there. */
export const copyLoops = (
  { types, arrays, result: { type, array } }: Site,
  from: (indices: readonly Expr[]) => readonly Operand[],
): readonly Stmt[] =>
  nest(type.shape, (indices) => [write(array, type, indices, read(arrays.x, types.x, from(indices)))]);
