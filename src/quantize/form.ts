/** Values of the source graph as whole numbers of the quantised one. */
import type { Id } from '../graph/graph.ts';
import type { Quantity } from '../tensor/quantity.ts';
import { quantityFault } from '../tensor/quantity.ts';

/** Whole numbers to aim at, and what they stand for: real = (whole − zero) · scale. */
export interface Target {
  /** f32, above zero. */
  readonly scale: number;
  readonly zero: number;
  readonly low: number;
  readonly high: number;
  /** Where the value is of whole numbers in the source graph already: those are `whole − minus`. */
  readonly minus: number;
}

/** The call of the quantised graph that computes them. */
export interface Form extends Target {
  readonly id: Id;
}

/** The highest whole number that stands for a real one. Below 0 there is one more: all that 8 bits with a sign hold, as others take them. */
export const steps = 127;

/** Real numbers up to a magnitude, in whole numbers around 0. */
export function symmetric(threshold: number): Target {
  const scale = threshold > 0 ? Math.max(Math.fround(threshold / steps), 2 ** -100) : 1;
  return { scale, zero: 0, low: -steps - 1, high: steps, minus: 0 };
}

/** One scale and zero for all of a value; none where f32 cannot tell the scale. */
export function quantityOf({ scale, zero }: Pick<Target, 'scale' | 'zero'>): Quantity | undefined {
  const quantity = { scale: [Math.fround(scale)], zero: [zero], axis: -1 };
  return quantityFault(quantity, []) === undefined ? quantity : undefined;
}

export const isAlike = (a: Target, b: Target): boolean => a.scale === b.scale && a.zero === b.zero;

/** Real bounds as whole numbers within those of the target: what an activation before rounding leaves. */
export function bounded({ scale, zero, low, high }: Target, { from, to }: Bounds): { low: number; high: number } {
  const whole = (x: number): number => Math.min(Math.max(Math.round(x / scale) + zero, low), high);
  return { low: from === -Infinity ? low : whole(from), high: to === Infinity ? high : whole(to) };
}

export interface Bounds {
  readonly from: number;
  readonly to: number;
}

export const unbounded: Bounds = { from: -Infinity, to: Infinity };

/** First within `a`, then within `b`. */
export const boundedBy = (a: Bounds, b: Bounds): Bounds => ({
  from: Math.min(Math.max(a.from, b.from), b.to),
  to: Math.min(Math.max(a.to, b.from), b.to),
});

export const boundsOf: Readonly<Record<'none' | 'relu' | 'relu6', Bounds>> = {
  none: unbounded,
  relu: { from: 0, to: Infinity },
  relu6: { from: 0, to: 6 },
};
