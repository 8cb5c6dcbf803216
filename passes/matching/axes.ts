/** Arithmetic on the axes of shapes. */
import type { Shape } from '../../src/tensor/type.ts';

export const isIdentity = (perm: readonly number[]): boolean => perm.every((axis, i) => axis === i);

/** One permutation after another: axis i of the result is axis `first[second[i]]` of the operand. */
export const compose = (first: readonly number[], second: readonly number[]): readonly number[] =>
  second.map((axis) => first[axis]);

export const identity = (rank: number): readonly number[] => Array.from({ length: rank }, (_, axis) => axis);

/** The permutation that undoes another. */
export const inverse = (perm: readonly number[]): readonly number[] => perm.map((_, axis) => perm.indexOf(axis));

export const samePerm = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((axis, i) => axis === b[i]);

/** Whether two permutations of a shape give the same elements in the same order, axes of size one aside. */
export function alikeIn(shape: Shape, a: readonly number[], b: readonly number[]): boolean {
  const long = (perm: readonly number[]): readonly number[] => perm.filter((axis) => shape[axis] > 1);
  return a.length === b.length && samePerm(long(a), long(b));
}

/** Whether a permutation keeps the order of all axes that are longer than one: then nothing moves in memory. */
export function movesOnlyOnes(perm: readonly number[], shape: Shape): boolean {
  const long = perm.filter((axis) => shape[axis] > 1);
  return long.every((axis, i) => i === 0 || long[i - 1] < axis);
}

/** Negative axes count from the end. */
export const wrap = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/**
 * For each axis of `from`, the axis of `to` that it is, where two shapes of the same elements differ by axes of one
 * element alone; undefined for such an axis.
 */
export function sameAxes(from: Shape, to: Shape): readonly (number | undefined)[] | undefined {
  const long = to.flatMap((size, axis) => (size > 1 ? [axis] : []));
  const sizes = from.filter((size) => size > 1);
  if (sizes.length !== long.length || sizes.some((size, i) => size !== to[long[i]])) return undefined;
  let at = 0;
  return from.map((size) => (size > 1 ? long[at++] : undefined));
}
