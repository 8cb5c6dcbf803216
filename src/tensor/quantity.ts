/**
 * What quantised numbers stand for: real = f32(whole − zero) · scale rounded to f32, per tensor or along one axis.
 *
 * On a value of integers, the numbers are the whole ones. On a constant of f32 they are the real ones already, and the
 * law is that each stands for a whole one: `wholesOf` gives it, so that a format may store integers instead. Whoever
 * makes new data from a constant keeps its quantity only where the law still holds, and drops it elsewhere.
 */
import type { Decomposition } from './decomposition.ts';
import { decompositionFault, keptFilters, mostWhole, rebuild, withSigns } from './decomposition.ts';
import type { Numbers } from './numbers.ts';
import type { Shape, TensorType } from './type.ts';
import { elements, sameShape } from './type.ts';

export interface Quantity {
  /** One per tensor, or one per index of `axis`: f32 above zero, and not infinite. */
  readonly scale: readonly number[];
  /** Whole. */
  readonly zero: readonly number[];
  /** The axis that `scale` and `zero` run along; −1 for one pair per tensor. */
  readonly axis: number;
  /** On known weights, one scale a filter and zeros of 0: what each whole number is made of. */
  readonly decomposition?: Decomposition;
}

/** A constant of f32 has a quantity only where its whole numbers are at most this far from zero: there f32 tells all apart. */
export const farthest = 2 ** 22;

/** Why a value of this shape cannot have the quantity: the rest of a sentence. */
export function quantityFault({ scale, zero, axis, decomposition }: Quantity, shape: Shape): string | undefined {
  if (!Number.isInteger(axis) || axis < -1 || axis >= shape.length)
    return `has a quantity along axis ${axis} of ${shape.length}`;
  const count = axis < 0 ? 1 : shape[axis];
  if (scale.length !== count || zero.length !== count)
    return `has a quantity of ${scale.length} scales and ${zero.length} zeros, where ${count} belong`;
  const odd = scale.find((s) => !(s > 0 && s < Infinity && Math.fround(s) === s));
  if (odd !== undefined) return `has a quantity with the scale ${odd}`;
  const broken = zero.find((z) => !Number.isInteger(z) || z !== (z | 0));
  if (broken !== undefined) return `has a quantity with the zero ${broken}`;
  if (!decomposition) return undefined;
  if (axis !== 0 || zero.some((z) => z !== 0))
    return 'has units of powers of two, and no scale for each filter with a zero of 0';
  return decompositionFault(decomposition, shape);
}

/** Why a constant's numbers are not those that its decomposition makes: the rest of a sentence. */
export function madeFault({ scale, decomposition }: Quantity, shape: Shape, data: Numbers): string | undefined {
  if (!decomposition || made.get(data) === decomposition) return undefined;
  const wholes = rebuild(decomposition, shape);
  const row = data.length / shape[0];
  for (const [at, whole] of wholes.entries()) {
    if (Math.abs(whole) > mostWhole) return `has a unit that makes ${whole}, and ${mostWhole} is the most`;
    const weight = data instanceof Float32Array ? Math.fround(whole * scale[Math.floor(at / row)]) : whole;
    if (weight !== data[at]) return `has the weight ${data[at]} where its units make ${weight}`;
  }
  made.set(data, decomposition);
  return undefined;
}

/** Numbers that are known to be what units make: graphs are verified after every pass. */
const made = new WeakMap<Numbers, Decomposition>();

/** The real numbers that units make, and what they are then, where filter f is multiplied by `factors[f]`. */
export function scaledUnits(
  { decomposition, scale, ...rest }: Quantity & { readonly decomposition: Decomposition },
  shape: Shape,
  factors: ArrayLike<number>,
) {
  const signed = withSigns(decomposition, factors);
  const scales = scale.map((s, f) => (factors[f] === 0 ? s : Math.fround(s * Math.abs(factors[f]))));
  const row = elements(shape) / shape[0];
  const data = Float32Array.from(rebuild(signed, shape), (whole, at) => whole * scales[Math.floor(at / row)]);
  const quantity: Quantity = { ...rest, scale: scales, decomposition: signed };
  return quantityFault(quantity, shape) === undefined && data.every(Number.isFinite) ? { quantity, data } : undefined;
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

/** Real numbers that stand for whole ones. */
export interface Quantised {
  readonly quantity: Quantity;
  readonly data: Float32Array<ArrayBuffer>;
}

/** Scales below are not held to their last digit. */
const leastScale = 2 ** -126;

/**
 * Numbers times a factor for each index of the first axis, rounded to the steps of scales that took on the factor: no
 * further off than each product would be if it were rounded by itself, and they still stand for whole numbers. Undefined
 * where the numbers do not, or would not.
 */
export function rescaled(
  quantity: Quantity,
  shape: Shape,
  data: Numbers,
  factors: ArrayLike<number>,
): Quantised | undefined {
  const { axis } = quantity;
  const wholes = axis > 0 ? undefined : wholesOf(quantity, shape, data);
  if (!wholes) return undefined;
  const rows = Array.from({ length: shape[0] }, (_, row) => {
    const [pair, factor] = [axis < 0 ? 0 : row, factors[row]];
    const [scale, zero] = [quantity.scale[pair], quantity.zero[pair]];
    // A factor of 0 leaves no step, of any size.
    return { scale: factor === 0 ? scale : Math.fround(scale * Math.abs(factor)), zero, sign: Math.sign(factor) };
  });
  const made: Quantity = {
    scale: rows.map(({ scale }) => scale),
    zero: rows.map(({ zero, sign }) => (sign < 0 ? 0 - zero : zero)),
    axis: 0,
  };
  if (quantityFault(made, shape) !== undefined || made.scale.some((s) => s < leastScale)) return undefined;
  const length = data.length / shape[0];
  const scaled = Float32Array.from(wholes, (whole, i) => {
    const { scale, zero, sign } = rows[Math.floor(i / length)];
    return sign * (whole - zero) * scale + 0;
  });
  return { quantity: made, data: scaled };
}

/** The quantity once the axes have been put in another order: axis i of the result is axis `perm[i]` of the operand. */
export const transposedQuantity = ({ scale, zero, axis }: Quantity, perm: readonly number[]): Quantity => ({
  scale,
  zero,
  axis: axis < 0 ? axis : perm.indexOf(axis),
});

/** The quantity in another shape of the same elements, where its axis is still one. */
export function reshapedQuantity(quantity: Quantity, from: Shape, to: Shape): Quantity | undefined {
  const { axis, scale, zero, decomposition } = quantity;
  if (axis < 0) return quantity;
  const before = elements(from.slice(0, axis));
  const found = to.findIndex((size, i) => size === from[axis] && elements(to.slice(0, i)) === before);
  if (found < 0) return undefined;
  const whole = { scale, zero, axis: found };
  // Rows of three stand for the same columns where filters come first and, in kernels, every axis stays.
  const stays = decomposition && found === 0 && (decomposition.along === 'neighbours' || sameShape(from, to));
  return stays ? { ...whole, decomposition } : whole;
}

/** The quantity of the indices that stay of an axis. */
export function keptQuantity(quantity: Quantity, axis: number, kept: readonly number[]): Quantity {
  const { scale, zero, decomposition } = quantity;
  if (quantity.axis !== axis) return decomposition ? { scale, zero, axis: quantity.axis } : quantity;
  const pick = (numbers: readonly number[]): readonly number[] => kept.map((i) => numbers[i]);
  const some = { scale: pick(scale), zero: pick(zero), axis };
  return decomposition ? { ...some, decomposition: keptFilters(decomposition, kept) } : some;
}

/** The type with this quantity, or with none. */
export function withQuantity({ quantity: _before, ...type }: TensorType, quantity?: Quantity): TensorType {
  return quantity ? { ...type, quantity } : type;
}

/** The type of numbers that are made of units no longer, whole or not as they were. */
export const withoutUnits = (type: TensorType): TensorType => {
  if (!type.quantity?.decomposition) return type;
  const { decomposition: _units, ...quantity } = type.quantity;
  return { ...type, quantity };
};
