/** A dense layer: x · weightsᵀ + bias, then an activation. */
import { accumulate, declare, load, local, mul, nest, scalarOf } from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { attributeFault, leastRankFault, rankFault, resultType } from './check.ts';
import { activations, epilogueFault, epilogueOf, layerFault, lowerEpilogue, weightedOperands } from './epilogue.ts';
import { gridOf, matrixProduct } from './products.ts';
import type { Rules } from './rules.ts';
import type { Activation } from './scalar.ts';

/**
 * x: [..., in], weights: [out, in], bias: [out], slope (with activation `prelu`): [out] or [1]; the result is [..., out].
 * All are f32, or all i32 with sums that wrap around.
 */
export interface Linear {
  readonly kind: 'linear';
  readonly activation: Activation;
}

export const linear: Rules<Linear> = {
  doc: 'dense layer with bias and activation',
  operands: weightedOperands,

  infer(op, types) {
    const fault =
      attributeFault(op, { activation: activations }) ??
      layerFault(op, types) ??
      rankFault(types, { weights: 2 }) ??
      leastRankFault(types, { x: 1 });
    if (fault) return fault;
    const [outputs, features] = types.weights.shape;
    const given = types.x.shape.at(-1);
    if (given !== features) return `takes ${features} features and is given ${given}`;
    return epilogueFault(outputs, types) ?? resultType(types.x.dtype, [...types.x.shape.slice(0, -1), outputs]);
  },

  evaluate(op, { x, weights, bias, slope }, { dtype, shape }) {
    const [outputs, features] = weights.type.shape;
    const vectors = gridOf(x.data, elements(shape) / outputs, features);
    const totals = matrixProduct(dtype, vectors, gridOf(weights.data, outputs, features));
    const finish = epilogueOf(op, slope);
    const out = zeros(dtype, elements(shape));
    for (let at = 0; at < out.length; at += outputs)
      for (let c = 0; c < outputs; c++) {
        const total = totals[at + c] + bias.data[c];
        out[at + c] = finish(dtype === 'i32' ? total | 0 : total, c);
      }
    return out;
  },

  columns: (_op, { shape: [, features] }) => ({ columns: features, run: features }),

  macs: (_op, { weights }, { shape }) => elements(shape) * weights.shape[1],

  lower: (op, { types, arrays, result, walk }) =>
    nest(result.type.shape, (indices) => {
      const [row, c] = [indices.slice(0, -1), indices[indices.length - 1]];
      const acc = local('acc', scalarOf(result.type.dtype));
      return [
        declare(acc, load(arrays.bias, c)),
        ...walk(c, (column, value) => [accumulate(acc, mul(value, read(arrays.x, types.x, [...row, column])))]),
        write(result.array, result.type, indices, lowerEpilogue(op, acc, c, arrays)),
      ];
    }),
};
