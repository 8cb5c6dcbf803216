/** Element by element over several operands, which repeat where they are smaller, as in numpy: aligned at the last axis. */
import type { Expr, Stmt } from '../loop/loop.ts';
import { load, loop, nest, store } from '../loop/loop.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Shape, TensorType } from '../tensor/type.ts';
import { sameLayout, sameShape, storedLength } from '../tensor/type.ts';
import { read, write } from './at.ts';
import type { Site, Value } from './rules.ts';
import { copyView, stridesOf } from './strides.ts';

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

/** Steps in plain data of `shape` for one step along each axis of `to`, which it broadcasts to; 0 where it repeats. */
export function broadcastStrides(shape: Shape, to: Shape): readonly number[] {
  const strides = stridesOf(shape);
  const missing = to.length - shape.length;
  return to.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : strides[axis - missing]));
}

/** The value's elements, repeated to fill `shape`. */
export const expand = ({ type, data }: Value, shape: Shape): Numbers =>
  sameShape(type.shape, shape)
    ? data
    : copyView(data, type.dtype, { shape, from: 0, strides: broadcastStrides(type.shape, shape) });

/** Coordinates in `type` for coordinates in the shape that it broadcasts to. */
const coordinates = (type: TensorType, indices: readonly Expr[]): readonly (Expr | number)[] =>
  type.shape.map((size, axis) => (size === 1 ? 0 : indices[indices.length - type.shape.length + axis]));

/** One flat loop where every operand lies as the result does; a loop per axis elsewhere. */
export const elementwiseLoops = (
  site: Site,
  names: readonly string[],
  compute: (values: readonly Expr[]) => Expr,
): readonly Stmt[] => elementwiseBodies(site, names, (values, put) => [put(compute(values))]);

/** The same, for what takes more than an expression: `put` stores the element. */
export function elementwiseBodies(
  { types, arrays, result: { type, array } }: Site,
  names: readonly string[],
  compute: (values: readonly Expr[], put: (value: Expr) => Stmt) => readonly Stmt[],
): readonly Stmt[] {
  const flat = names.every(
    (name) => sameShape(types[name].shape, type.shape) && sameLayout(types[name].layout, type.layout),
  );
  if (flat)
    return loop('i', 0, storedLength(type), (i) =>
      compute(
        names.map((name) => load(arrays[name], i)),
        (value) => store(array, i, value),
      ),
    );
  return nest(type.shape, (indices) =>
    compute(
      names.map((name) => read(arrays[name], types[name], coordinates(types[name], indices))),
      (value) => write(array, type, indices, value),
    ),
  );
}
