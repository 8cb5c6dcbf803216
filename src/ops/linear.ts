/** A dense layer: x · weightsᵀ + bias, then an activation. */
import { accumulate, declare, load, local, mul, nest } from '../loop/loop.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { attributeFault, dtypeFault, leastRankFault, rankFault, resultType } from './check.ts';
import { activations, epilogueFault, epilogueOf, lowerEpilogue, weightedOperands } from './epilogue.ts';
import { addProducts } from './products.ts';
import type { Rules } from './rules.ts';
import type { Activation } from './scalar.ts';

/** x: [..., in], weights: [out, in], bias: [out], slope (with activation `prelu`): [out] or [1]; the result is [..., out]. */
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
      dtypeFault(types, 'f32') ??
      rankFault(types, { weights: 2 }) ??
      leastRankFault(types, { x: 1 });
    if (fault) return fault;
    const [outputs, features] = types.weights.shape;
    const given = types.x.shape.at(-1);
    if (given !== features) return `takes ${features} features and is given ${given}`;
    return epilogueFault(outputs, types) ?? resultType('f32', [...types.x.shape.slice(0, -1), outputs]);
  },

  evaluate(op, { x, weights, bias, slope }, { shape }) {
    const [outputs, features] = weights.type.shape;
    const finish = epilogueOf(op, slope);
    const out = new Float32Array(elements(shape));
    const totals = new Float64Array(outputs);
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
      const acc = local('acc', 'f32');
      return [
        declare(acc, load(arrays.bias, c)),
        ...walk(c, (column, value) => [accumulate(acc, mul(value, read(arrays.x, types.x, [...row, column])))]),
        write(result.array, result.type, indices, lowerEpilogue(op, acc, c, arrays)),
      ];
    }),
};
