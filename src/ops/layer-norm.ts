/** Layer normalisation: what lies along the last axis brought to mean 0 and variance 1, then scaled and shifted. */
import type { Expr } from '../loop/loop.ts';
import { accumulate, add, declare, div, f32, load, local, loop, mul, nest, sub, unary } from '../loop/loop.ts';
import { read, write } from './at.ts';
import { attributeFault, dtypeFault, leastRankFault, notNegative, printSizes, resultType } from './check.ts';
import type { Rules } from './rules.ts';

/**
 * x: [..., c]; scale and offset: [c]. (x − mean) / √(variance + epsilon) · scale + offset, where the variance is the mean of
 * the squares of x − mean.
 */
export interface LayerNorm {
  readonly kind: 'layer-norm';
  readonly epsilon: number;
}

const perChannel = ['scale', 'offset'];

export const layerNorm: Rules<LayerNorm> = {
  doc: 'normalisation along the last axis',
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

  evaluate({ epsilon }, { x, scale, offset }) {
    const channels = scale.data.length;
    const out = new Float32Array(x.data.length);
    for (let from = 0; from < out.length; from += channels) {
      let [total, squares] = [0, 0];
      for (let c = 0; c < channels; c++) total += x.data[from + c];
      const mean = total / channels;
      for (let c = 0; c < channels; c++) squares += (x.data[from + c] - mean) ** 2;
      const deviation = Math.sqrt(squares / channels + epsilon);
      for (let c = 0; c < channels; c++)
        out[from + c] = ((x.data[from + c] - mean) / deviation) * scale.data[c] + offset.data[c];
    }
    return out;
  },

  lower({ epsilon }, { types: { x }, arrays, result: { type, array } }) {
    const channels = type.shape[type.shape.length - 1];
    const axis = type.shape.length - 1;
    return nest(type.shape.with(axis, 1), (indices) => {
      const number = (c: Expr): Expr => read(arrays.x, x, indices.with(axis, c));
      const [total, mean, squares] = [local('total', 'f32'), local('mean', 'f32'), local('squares', 'f32')];
      const [apart, factor] = [local('apart', 'f32'), local('factor', 'f32')];
      return [
        declare(total, f32(0)),
        ...loop('c', 0, channels, (c) => [accumulate(total, number(c))]),
        declare(mean, div(total, f32(channels))),
        declare(squares, f32(0)),
        ...loop('c', 0, channels, (c) => [
          declare(apart, sub(number(c), mean)),
          accumulate(squares, mul(apart, apart)),
        ]),
        declare(factor, div(f32(1), unary('sqrt', add(div(squares, f32(channels)), f32(epsilon))))),
        ...loop('c', 0, channels, (c) => [
          write(
            array,
            type,
            indices.with(axis, c),
            add(mul(mul(sub(number(c), mean), factor), load(arrays.scale, c)), load(arrays.offset, c)),
          ),
        ]),
      ];
    });
  },
};
