/**
 * What quantised numbers stand for: real = f32(whole − zero) · scale rounded to f32, per tensor or along one axis.
 *
 * On a value of integers, the numbers are the whole ones. On a constant of f32 they are the real ones already, and the
 * law is that each stands for a whole one: `wholesOf` gives it, so that a format may store integers instead. Whoever
 * makes new data from a constant keeps its quantity only where the law still holds, and drops it elsewhere.
 */
import type { Numbers } from './numbers.ts';
import type { Shape, TensorType } from './type.ts';
import { elements } from './type.ts';

export interface Quantity {
  /** One per tensor, or one per index of `axis`: f32 above zero, and not infinite. */
  readonly scale: readonly number[];
  /** Whole. */
  readonly zero: readonly number[];
  /** The axis that `scale` and `zero` run along; −1 for one pair per tensor. */
  readonly axis: number;
}

/** A constant of f32 has a quantity only where its whole numbers are at most this far from zero: there f32 tells all apart. */
export const farthest = 2 ** 22;

/** Why a value of this shape cannot have the quantity: the rest of a sentence. */
export function quantityFault({ scale, zero, axis }: Quantity, shape: Shape): string | undefined {
  if (!Number.isInteger(axis) || axis < -1 || axis >= shape.length)
    return `has a quantity along axis ${axis} of ${shape.length}`;
  const count = axis < 0 ? 1 : shape[axis];
  if (scale.length !== count || zero.length !== count)
    return `has a quantity of ${scale.length} scales and ${zero.length} zeros, where ${count} belong`;
  const odd = scale.find((s) => !(s > 0 && s < Infinity && Math.fround(s) === s));
  if (odd !== undefined) return `has a quantity with the scale ${odd}`;
  const broken = zero.find((z) => !Number.isInteger(z) || z !== (z | 0));
  return broken === undefined ? undefined : `has a quantity with the zero ${broken}`;
}

/** Neighbouring elements from `from` up to, not including, `to`, that share scale and zero number `pair`. */
export interface Run {
  readonly pair: number;
  readonly from: number;
  readonly to: number;
}

/** All elements of a value in order, in runs of those that share a pair. */
export function* runsAlong(axis: number, shape: Shape): Generator<Run> {
  const count = axis < 0 ? 1 : shape[axis];
  const length = elements(shape.slice(axis < 0 ? 0 : axis + 1));
  const runs = elements(shape) / length;
  for (let i = 0; i < runs; i++) yield { pair: i % count, from: i * length, to: (i + 1) * length };
}

/** The whole numbers that real ones stand for, unless some number breaks the law. */
export function wholesOf(quantity: Quantity, shape: Shape, data: Numbers): Int32Array<ArrayBuffer> | undefined {
  const wholes = new Int32Array(data.length);
  for (const { pair, from, to } of runsAlong(quantity.axis, shape)) {
    const [scale, zero] = [quantity.scale[pair], quantity.zero[pair]];
    for (let i = from; i < to; i++) {
      const steps = Math.round(data[i] / scale);
      if (!(Math.abs(steps) <= farthest) || Math.fround(steps * scale) !== data[i]) return undefined;
      wholes[i] = steps + zero;
    }
  }
  return wholes;
}

/** The quantity once the axes have been put in another order: axis i of the result is axis `perm[i]` of the operand. */
export const transposedQuantity = (quantity: Quantity, perm: readonly number[]): Quantity =>
  quantity.axis < 0 ? quantity : { ...quantity, axis: perm.indexOf(quantity.axis) };

/** The quantity in another shape of the same elements, where its axis is still one. */
export function reshapedQuantity(quantity: Quantity, from: Shape, to: Shape): Quantity | undefined {
  const { axis } = quantity;
  if (axis < 0) return quantity;
  const before = elements(from.slice(0, axis));
  const found = to.findIndex((size, i) => size === from[axis] && elements(to.slice(0, i)) === before);
  return found < 0 ? undefined : { ...quantity, axis: found };
}

/** The quantity of the indices that stay of an axis. */
export function keptQuantity(quantity: Quantity, axis: number, kept: readonly number[]): Quantity {
  if (quantity.axis !== axis) return quantity;
  const pick = (numbers: readonly number[]): readonly number[] => kept.map((i) => numbers[i]);
  return { scale: pick(quantity.scale), zero: pick(quantity.zero), axis };
}

/** The type with this quantity, or with none. */
export function withQuantity({ quantity: _before, ...type }: TensorType, quantity?: Quantity): TensorType {
  return quantity ? { ...type, quantity } : type;
}
