/** Parts of dense data by index along one axis. */
import { keptQuantity } from '../../src/tensor/quantity.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements } from '../../src/tensor/type.ts';
import type { Floats } from '../matching/constants.ts';

/** Which indices of an axis stay, in order. */
export type Kept = readonly number[];

export const everyIndex = (count: number): Kept => Array.from({ length: count }, (_, i) => i);

interface Writable {
  readonly length: number;
  [index: number]: number;
}

/** The elements whose index along `axis` is kept. */
export function select<A extends Writable>(from: A, shape: Shape, axis: number, kept: Kept, make: (n: number) => A): A {
  const [outer, size, inner] = [elements(shape.slice(0, axis)), shape[axis], elements(shape.slice(axis + 1))];
  const to = make(outer * kept.length * inner);
  let at = 0;
  for (let o = 0; o < outer; o++)
    for (const k of kept) {
      const start = (o * size + k) * inner;
      for (let i = 0; i < inner; i++) to[at++] = from[start + i];
    }
  return to;
}

export const selectFloats = (data: Float32Array, shape: Shape, axis: number, kept: Kept): Float32Array<ArrayBuffer> =>
  select<Float32Array>(data, shape, axis, kept, (n) => new Float32Array(n)) as Float32Array<ArrayBuffer>;

/** A constant of float32 with its mask, cut down along an axis. */
export function selectConstant(constant: Floats, axis: number, kept: Kept): Floats {
  const { data, mask, type } = constant;
  const shape = type.shape.map((size, i) => (i === axis ? kept.length : size));
  return {
    ...constant,
    type: { ...type, shape, ...(type.quantity && { quantity: keptQuantity(type.quantity, axis, kept) }) },
    data: selectFloats(data, type.shape, axis, kept),
    ...(mask && { mask: select<Uint8Array<ArrayBuffer>>(mask, type.shape, axis, kept, (n) => new Uint8Array(n)) }),
  };
}
