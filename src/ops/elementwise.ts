/** unary(x) and binary(a, b): one function applied element by element, with broadcasting. */

import type { Expr } from '../loop/loop.ts';
import { load, loop, nest, store } from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import type { Shape, TensorType } from '../tensor/type.ts';
import { elements, sameLayout, sameShape, storedLength, tensor } from '../tensor/type.ts';
import { read, write } from './at.ts';
import type { Rules, Site } from './rules.ts';
import type { BinaryName, UnaryName } from './scalar.ts';
import { binaryFunction, unaryFunction } from './scalar.ts';

export interface Unary {
  readonly kind: 'unary';
  readonly fn: UnaryName;
}

/** Shapes broadcast as in numpy: aligned at the last axis, sizes of 1 repeat. */
export interface Binary {
  readonly kind: 'binary';
  readonly fn: BinaryName;
}

export const unary: Rules<Unary> = {
  doc: 'one function of each element',
  operands: () => ['x'],
  infer: (_op, { x }) => tensor(x.dtype, x.shape),
  evaluate: ({ fn }, { x }, type) => {
    const { evaluate } = unaryFunction(fn);
    const out = zeros(type.dtype, x.data.length);
    for (let i = 0; i < out.length; i++) out[i] = evaluate(x.data[i]);
    return out;
  },
  lower: ({ fn }, site) => elementwise(site, ['x'], ([x]) => unaryFunction(fn).lower(x)),
};

export const binary: Rules<Binary> = {
  doc: 'one function of each pair of elements, broadcast as in numpy',
  operands: () => ['a', 'b'],

  infer({ fn }, { a, b }) {
    const shape = broadcast(a.shape, b.shape);
    if (!shape) return `cannot broadcast [${a.shape.join(', ')}] with [${b.shape.join(', ')}]`;
    if (a.dtype !== b.dtype) return `takes two values of one type and is given ${a.dtype} and ${b.dtype}`;
    return tensor(binaryFunction(fn).test ? 'i32' : a.dtype, shape);
  },

  evaluate({ fn }, { a, b }, { dtype, shape }) {
    const { evaluate } = binaryFunction(fn);
    const out = zeros(dtype, elements(shape));
    const [fromA, fromB] = [broadcastStrides(a.type.shape, shape), broadcastStrides(b.type.shape, shape)];
    const index = shape.map(() => 0);
    let [i, j] = [0, 0];
    for (let flat = 0; flat < out.length; flat++) {
      out[flat] = evaluate(a.data[i], b.data[j]);
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        i += fromA[axis];
        j += fromB[axis];
        if (++index[axis] < shape[axis]) break;
        i -= fromA[axis] * shape[axis];
        j -= fromB[axis] * shape[axis];
        index[axis] = 0;
      }
    }
    return out;
  },

  lower: ({ fn }, site) => elementwise(site, ['a', 'b'], ([a, b]) => binaryFunction(fn).lower(a, b)),
};

/** The shape that both broadcast to, if there is one. */
export function broadcast(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const [m, n] = [a[a.length - rank + axis] ?? 1, b[b.length - rank + axis] ?? 1];
    if (m !== n && m !== 1 && n !== 1) return undefined;
    shape.push(m === 1 ? n : m);
  }
  return shape;
}

/** Steps in flat `shape` data for one step along each axis of `to`; 0 where it repeats. */
export function broadcastStrides(shape: Shape, to: Shape): readonly number[] {
  let step = 1;
  return to
    .map((_, back) => {
      const size = shape[shape.length - 1 - back] ?? 1;
      const stride = size === 1 ? 0 : step;
      step *= size;
      return stride;
    })
    .reverse();
}

/** Coordinates in `type` for coordinates in the broadcast `shape`. */
const coordinates = (type: TensorType, indices: readonly Expr[]): readonly (Expr | number)[] =>
  type.shape.map((size, axis) => (size === 1 ? 0 : indices[indices.length - type.shape.length + axis]));

/** One flat loop where every operand lies as the result does; a loop per axis elsewhere. */
function elementwise(
  { types, arrays, result }: Site,
  names: readonly string[],
  compute: (values: readonly Expr[]) => Expr,
) {
  const { type, array } = result;
  const flat = names.every(
    (name) => sameShape(types[name].shape, type.shape) && sameLayout(types[name].layout, type.layout),
  );
  if (flat)
    return loop('i', 0, storedLength(type), (i) => [
      store(array, i, compute(names.map((name) => load(arrays[name], i)))),
    ]);
  return nest(type.shape, (indices) => [
    write(
      array,
      type,
      indices,
      compute(names.map((name) => read(arrays[name], types[name], coordinates(types[name], indices)))),
    ),
  ]);
}
