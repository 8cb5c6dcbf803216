/** A dense layer: x · weightsᵀ + bias, then an activation. */
import { accumulate, declare, load, local, mul, nest, scalarOf } from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { attributeFault, leastRankFault, rankFault, resultType } from './check.ts';
import { activations, epilogueFault, epilogueOf, layerFault, lowerEpilogue, weightedOperands } from './epilogue.ts';
import { addProducts, totalsFor } from './products.ts';
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
    const finish = epilogueOf(op, slope);
    const out = zeros(dtype, elements(shape));
    const totals = totalsFor(dtype, outputs);
    let at = 0;
    for (let from = 0; from < x.data.length; from += features) {
      totals.set(bias.data);
      addProducts(totals, 0, { rows: outputs, columns: features, stride: features }, weights.data, 0, x.data, from);
      for (let c = 0; c < outputs; c++) out[at++] = finish(totals[c], c);
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
