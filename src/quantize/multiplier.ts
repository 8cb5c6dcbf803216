/** Real factors as a whole number and a shift: what `requantize` multiplies by. */
import { mostMultiplier, mostShift } from '../ops/requantize.ts';

export interface Multiplier {
  readonly multiplier: number;
  readonly shift: number;
}

/**
 * The nearest multiplier / 2^shift, at most 2^−15 of the factor away from it where it is above 2^−32. Undefined where it is
 * too large. Powers of two have multipliers that are such.
 */
export function multiplierFor(factor: number): Multiplier | undefined {
  if (!(factor >= 0 && factor < Infinity)) return undefined;
  if (factor === 0) return { multiplier: 0, shift: 1 };
  // Of 15 bits, unless the shift would go too far.
  let shift = Math.min(14 - Math.floor(Math.log2(factor)), mostShift);
  let multiplier = Math.round(factor * 2 ** shift);
  while (multiplier > mostMultiplier) {
    shift--;
    multiplier = Math.round(factor * 2 ** shift);
  }
  return shift >= 1 ? { multiplier, shift } : undefined;
}
