/** Constants with their axes, columns or rows in another order: numbers, mask and quantity alike. */
import type { Constant, Id } from '../../src/graph/graph.ts';
import { stridesOf } from '../../src/ops/strides.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import type { Quantity } from '../../src/tensor/quantity.ts';
import { keptQuantity, transposedQuantity, withQuantity } from '../../src/tensor/quantity.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { identity } from '../matching/axes.ts';
import type { Perm } from './roots.ts';

export function transposed(constant: Constant, perm: Perm, id: Id): Constant {
  const { type, mask } = constant;
  const { shape, quantity } = type;
  const places = placesOf(shape, perm);
  const turned = { ...type, shape: perm.map((axis) => shape[axis]) };
  return {
    ...constant,
    id,
    type: withQuantity(turned, quantity && transposedQuantity(quantity, perm)),
    data: pick(constant.data, places),
    ...(mask && { mask: mask.map((_, i) => mask[places[i]]) }),
  };
}

/** What one axis of a matrix stands for: the axes of a picture, to be put in another order. */
export interface Features {
  readonly shape: Shape;
  readonly perm: Perm;
}

export interface Matrix {
  readonly rows?: Features;
  readonly columns?: Features;
}

/** A matrix or a vector of rows, with its rows or columns following a picture. */
export function withFeatures(constant: Constant, { rows, columns }: Matrix, id: Id): Constant {
  const { type, mask } = constant;
  const [count, width = 1] = type.shape;
  const plain = (size: number): Features => ({ shape: [size], perm: identity(1) });
  const [down, across] = [rows ?? plain(count), columns ?? plain(width)].map(({ shape, perm }) =>
    placesOf(shape, perm),
  );
  const places = new Uint32Array(count * width);
  for (const [r, from] of down.entries())
    for (const [c, column] of across.entries()) places[r * width + c] = from * width + column;
  const kept = [down, across].reduce<Quantity | undefined>(
    (quantity, places, axis) => quantity && keptQuantity(quantity, axis, [...places]),
    type.quantity,
  );
  return {
    ...constant,
    id,
    type: withQuantity(type, kept),
    data: pick(constant.data, places),
    ...(mask && { mask: mask.map((_, i) => mask[places[i]]) }),
  };
}

/** For each place of the transposed value, the place in the value. */
function placesOf(shape: Shape, perm: Perm): Uint32Array {
  const strides = stridesOf(shape);
  let places = new Uint32Array([0]);
  for (const axis of perm) {
    const next = new Uint32Array(places.length * shape[axis]);
    for (const [i, place] of places.entries())
      for (let at = 0; at < shape[axis]; at++) next[i * shape[axis] + at] = place + at * strides[axis];
    places = next;
  }
  return places;
}

function pick(data: Numbers, places: Uint32Array): Numbers {
  const out = data.slice() as Numbers;
  for (let i = 0; i < places.length; i++) out[i] = data[places[i]];
  return out;
}
