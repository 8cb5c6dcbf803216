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
    ...(mask && { mask: pick(mask, places) }),
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
  const kept = [down, across].reduce<Quantity | undefined>(
    (quantity, places, axis) => quantity && keptQuantity(quantity, axis, [...places]),
    type.quantity,
  );
  return {
    ...constant,
    id,
    type: withQuantity(type, kept),
    data: pickRows(constant.data, down, across),
    ...(mask && { mask: pickRows(mask, down, across) }),
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

function pick<A extends Numbers>(data: A, places: Uint32Array): A {
  const out = data.slice() as A;
  for (let i = 0; i < places.length; i++) out[i] = data[places[i]];
  return out;
}

/** Matrices may be large: no list of all their places is made. */
function pickRows<A extends Numbers>(data: A, rows: Uint32Array, columns: Uint32Array): A {
  const out = data.slice() as A;
  const width = columns.length;
  for (let r = 0; r < rows.length; r++)
    for (let c = 0; c < width; c++) out[r * width + c] = data[rows[r] * width + columns[c]];
  return out;
}
