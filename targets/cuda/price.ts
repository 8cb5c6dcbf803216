/** What work costs on a GPU: the nanoseconds that the winner among its kernels is predicted to take, and of those that take as long the fewest bytes. */
import type { Prediction } from '../../src/plan/rates.ts';
import type { Target, Work } from '../../src/target.ts';
import { elements } from '../../src/tensor/type.ts';
import type { Contender } from './contest.ts';
import { judge } from './contest.ts';

/** Where so many of all weights are multiplied there is nothing to gain, whatever rates say. */
const most = 0.95;

/** Nanoseconds that a byte of weights is worth: too few for a format to be stored that is slower. */
const perByte = 1e-6;

export function pricingBy(contenders: readonly Contender[]): Pick<Target, 'price' | 'predict'> {
  const predict = (work: Work): Prediction => judge(contenders, work).prediction;
  return {
    predict,
    price(work) {
      const all = elements(work.types.weights.shape);
      if (work.encoding.format !== 'dense' && !work.asked && work.cost.multiplies > most * all) return Infinity;
      const { ns, zeros } = predict(work);
      return zeros && !work.asked ? Infinity : ns + work.cost.bytes * perByte;
    },
  };
}
