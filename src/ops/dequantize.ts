/** Whole numbers as the real ones that they stand for: as DequantizeLinear of ONNX has it. */
import { cast, mul, sub } from '../loop/loop.ts';
import { runsAlong } from '../tensor/quantity.ts';
import { elementwiseLoops } from './broadcast.ts';
import { attributeFault, dtypeFault, resultType, whole } from './check.ts';
import { parameterFault, spread } from './quantities.ts';
import type { Rules } from './rules.ts';

/**
 * x: i32, scale: f32 [1], zero: i32 [1], or both [c] for the c indices of `axis`; the result is f32.
 * (x − zero) · scale, the difference in 32 bits that wrap around, and rounded to f32 before and after the product.
 */
export interface Dequantize {
  readonly kind: 'dequantize';
  /** The axis that scale and zero run along; −1 for one pair per tensor. */
  readonly axis: number;
}

export const dequantize: Rules<Dequantize> = {
  doc: 'whole numbers shifted and multiplied by a scale: the real numbers that they stand for',
  operands: () => ['x', 'scale', 'zero'],

  infer(op, types) {
    const { x } = types;
    const fault =
      attributeFault(op, { axis: whole(-1, x.shape.length - 1) }) ??
      dtypeFault(types, 'i32', ['x']) ??
      dtypeFault(types, 'f32', ['scale']) ??
      parameterFault(op.axis, types);
    return fault ?? resultType('f32', x.shape);
  },

  evaluate({ axis }, { x, scale, zero }) {
    const out = new Float32Array(x.data.length);
    for (const { pair, from, to } of runsAlong(axis, x.type.shape)) {
      const [step, place] = [scale.data[pair], zero.data[pair]];
      for (let i = from; i < to; i++) out[i] = Math.fround((x.data[i] - place) | 0) * step;
    }
    return out;
  },

  lower: ({ axis }, site) =>
    elementwiseLoops(spread(site, axis), ['x', 'scale', 'zero'], ([x, scale, zero]) =>
      mul(cast('f32', sub(x, zero)), scale),
    ),
};
