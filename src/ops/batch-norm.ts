/** Batch normalisation with known statistics: (x − mean) · scale / √(variance + epsilon) + offset, per channel. */
import { add, div, f32, mul, sub, unary } from '../loop/loop.ts';
import { elementwiseLoops } from './broadcast.ts';
import { attributeFault, dtypeFault, leastRankFault, notNegative, printSizes, resultType } from './check.ts';
import type { Rules } from './rules.ts';

/** x: [..., c]; scale, offset, mean and variance: [c]. */
export interface BatchNorm {
  readonly kind: 'batch-norm';
  readonly epsilon: number;
}

const perChannel = ['scale', 'offset', 'mean', 'variance'];

export const batchNorm: Rules<BatchNorm> = {
  doc: 'batch normalisation with known statistics',
  operands: () => ['x', ...perChannel],

  infer(op, types) {
    const fault =
      attributeFault(op, { epsilon: notNegative }) ?? dtypeFault(types, 'f32') ?? leastRankFault(types, { x: 1 });
    if (fault) return fault;
    const channels = types.x.shape.at(-1);
    for (const name of perChannel) {
      const { shape } = types[name];
      if (shape.length !== 1 || shape[0] !== channels)
        return `has ${channels} channels and is given "${name}" of shape ${printSizes(shape)}`;
    }
    return resultType('f32', types.x.shape);
  },

  evaluate({ epsilon }, { x, scale, offset, mean, variance }) {
    const deviation = Float64Array.from(variance.data, (v) => Math.sqrt(v + epsilon));
    const channels = deviation.length;
    const out = new Float32Array(x.data.length);
    for (let from = 0; from < out.length; from += channels)
      for (let c = 0; c < channels; c++)
        out[from + c] = ((x.data[from + c] - mean.data[c]) * scale.data[c]) / deviation[c] + offset.data[c];
    return out;
  },

  lower: ({ epsilon }, site) =>
    elementwiseLoops(site, ['x', ...perChannel], ([x, scale, offset, mean, variance]) =>
      add(div(mul(sub(x, mean), scale), unary('sqrt', add(variance, f32(epsilon)))), offset),
    ),
};
