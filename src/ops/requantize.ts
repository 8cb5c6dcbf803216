/** Sums of whole numbers brought to another scale: multiplied by a whole number, shifted right, rounded and bounded. */
import type { Expr, Stmt } from '../loop/loop.ts';
import { add, binary, declare, i32, local, max, min, mul, select, sub } from '../loop/loop.ts';
import { elementwiseBodies } from './broadcast.ts';
import { attributeFault, dtypeFault, printSizes, resultType, whole } from './check.ts';
import type { Rules, Types } from './rules.ts';

/**
 * x: i32, multiplier: i32 [1] or [c], shift: i32 [1] or [c], zero: i32 [1], for the c indices of the last axis; the
 * result is i32: clamp(floor((x · multiplier + 2^(shift − 1)) / 2^shift) + zero, low, high), without any overflow between.
 * A multiplier outside 0..2^15 − 1, a shift outside 1..46 and a zero outside ±2^24 are taken as the nearest inside, since
 * they are known at run time only.
 */
export interface Requantize {
  readonly kind: 'requantize';
  readonly low: number;
  readonly high: number;
}

/** Products of an i32 and a multiplier have fewer than 46 bits, so that no shift beyond tells anything apart. */
export const mostMultiplier = 2 ** 15 - 1;
export const mostShift = 46;

/** Of bounds and zeros: sums of a few of them are far from leaving 32 bits. */
export const mostBound = 2 ** 24;

const inside = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

export const requantize: Rules<Requantize> = {
  doc: 'whole numbers multiplied by a whole number, shifted right, rounded, moved and bounded',
  operands: () => ['x', 'multiplier', 'shift', 'zero'],

  infer(op, types) {
    const { x } = types;
    const fault =
      attributeFault(op, { low: whole(-mostBound, mostBound), high: whole(-mostBound, mostBound) }) ??
      dtypeFault(types, 'i32') ??
      parametersFault(types);
    if (fault) return fault;
    if (op.high < op.low) return `takes "low" up to "high" and is given ${op.low} and ${op.high}`;
    return resultType('i32', x.shape);
  },

  evaluate({ low, high }, { x, multiplier, shift, zero }) {
    const out = new Int32Array(x.data.length);
    const channels = x.type.shape.at(-1) ?? 1;
    const factors = new Float64Array(channels);
    const steps = new Float64Array(channels);
    for (let c = 0; c < channels; c++) {
      factors[c] = inside(multiplier.data[multiplier.data.length === 1 ? 0 : c], 0, mostMultiplier);
      steps[c] = 2 ** inside(shift.data[shift.data.length === 1 ? 0 : c], 1, mostShift);
    }
    const place = inside(zero.data[0], -mostBound, mostBound);
    // Doubles hold the product, and the sum, to the last bit; and dividing by a power of two loses none.
    for (let at = 0; at < out.length; at += channels)
      for (let c = 0; c < channels; c++) {
        const scaled = Math.floor((x.data[at + c] * factors[c] + steps[c] / 2) / steps[c]);
        out[at + c] = inside(scaled + place, low, high);
      }
    return out;
  },

  lower: ({ low, high }, site) =>
    elementwiseBodies(site, ['x', 'multiplier', 'shift', 'zero'], ([x, multiplier, shift, zero], put) => {
      const lets: Stmt[] = [];
      const hold = (hint: string, value: Expr): Expr => {
        const name = local(hint, 'i32');
        lets.push(declare(name, value));
        return name;
      };
      const steps = scaled(hold('x', x), within(multiplier, 0, mostMultiplier), within(shift, 1, mostShift), hold);
      return [...lets, put(within(add(steps, within(zero, -mostBound, mostBound)), low, high))];
    }),
};

function parametersFault(types: Types): string | undefined {
  const { x, zero } = types;
  const channels = x.shape.at(-1) ?? 1;
  for (const name of ['multiplier', 'shift']) {
    const { shape } = types[name];
    if (shape.length !== 1 || (shape[0] !== 1 && shape[0] !== channels))
      return `takes "${name}" of [1] or [${channels}] and is given ${printSizes(shape)}`;
  }
  if (zero.shape.length !== 1 || zero.shape[0] !== 1)
    return `takes "zero" of [1] and is given ${printSizes(zero.shape)}`;
  return undefined;
}

const within = (x: Expr, low: number, high: number): Expr => min(max(x, low), high);

/** Towards minus infinity. The shift of the language brings zeros in, so the sign bit is turned to and fro. */
function right(x: Expr, by: Expr): Expr {
  const sign = i32(-(2 ** 31));
  return sub(binary('>>', binary('^', x, sign), by), binary('>>', sign, by));
}

/**
 * floor((x · multiplier + 2^(shift − 1)) / 2^shift) in 32 bits, and where that is beyond ±2^30, something that is too.
 * The product is t · 2^16 + r with 0 ≤ r < 2^16. Shifts beyond 16 are of t alone, since what they round by are whole
 * numbers of 2^16. Shorter ones move t to the left, and r to the right.
 */
function scaled(x: Expr, multiplier: Expr, shift: Expr, hold: (hint: string, value: Expr) => Expr): Expr {
  const factor = hold('factor', multiplier);
  const by = hold('by', shift);
  const low = hold('low', mul(binary('&', x, 65535), factor));
  const t = add(mul(right(x, i32(16)), factor), binary('>>', low, 16));
  const r = binary('&', low, 65535);
  const up = hold('up', max(sub(16, by), 0));
  const top = hold('top', binary('>>', i32(2 ** 30), up));
  const moved = binary('<<', min(max(t, sub(0, top)), top), up);
  // What is not chosen is shifted by anything, which is modulo 32 and harmless.
  const rest = binary('>>', add(r, binary('<<', i32(1), sub(by, 1))), by);
  const half = binary('<<', i32(1), sub(by, 17));
  const sum = add(moved, select(binary('<', by, 17), rest, half));
  return right(sum, hold('down', max(sub(by, 16), 0)));
}
