/** Real numbers as whole ones: as QuantizeLinear of ONNX has it. */
import { add, cast, div, f32, max, min, unary } from '../loop/loop.ts';
import { roundTiesToEven } from '../loop/meaning.ts';
import { runsAlong } from '../tensor/quantity.ts';
import { elementwiseLoops } from './broadcast.ts';
import { attributeFault, dtypeFault, resultType, whole } from './check.ts';
import { parameterFault, spread } from './quantities.ts';
import type { Rules } from './rules.ts';

/**
 * x: f32, scale: f32 [1], zero: i32 [1], or both [c] for the c indices of `axis`; the result is i32.
 * clamp(round(x / scale) + zero, low, high), ties to even, every step rounded to f32. NaN becomes `low`.
 */
export interface Quantize {
  readonly kind: 'quantize';
  /** The axis that scale and zero run along; −1 for one pair per tensor. */
  readonly axis: number;
  readonly low: number;
  readonly high: number;
}

/** Whole numbers to this are exact in f32. */
const most = 2 ** 24;

export const quantize: Rules<Quantize> = {
  doc: 'real numbers divided by a scale, rounded, shifted and bounded: whole numbers that stand for them',
  operands: () => ['x', 'scale', 'zero'],

  infer(op, types) {
    const { x } = types;
    const fault =
      attributeFault(op, {
        axis: whole(-1, x.shape.length - 1),
        low: whole(-most, most),
        high: whole(-most, most),
      }) ??
      dtypeFault(types, 'f32', ['x', 'scale']) ??
      parameterFault(op.axis, types);
    if (fault) return fault;
    if (op.high < op.low) return `takes "low" up to "high" and is given ${op.low} and ${op.high}`;
    return resultType('i32', x.shape);
  },

  evaluate({ axis, low, high }, { x, scale, zero }) {
    const out = new Int32Array(x.data.length);
    for (const { pair, from, to } of runsAlong(axis, x.type.shape)) {
      const [step, place] = [scale.data[pair], Math.fround(zero.data[pair])];
      for (let i = from; i < to; i++) {
        const placed = Math.fround(roundTiesToEven(Math.fround(x.data[i] / step)) + place);
        // NaN is above nothing.
        out[i] = low < placed ? Math.min(placed, high) : low;
      }
    }
    return out;
  },

  lower: ({ axis, low, high }, site) =>
    elementwiseLoops(spread(site, axis), ['x', 'scale', 'zero'], ([x, scale, zero]) => {
      const placed = add(unary('round', div(x, scale)), cast('f32', zero));
      return cast('i32', min(max(f32(low), placed), f32(high)));
    }),
};
