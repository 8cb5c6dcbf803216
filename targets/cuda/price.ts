/** What work costs on a GPU: the nanoseconds that rates predict, and a little for what weights take, which are uploaded and held. */
import type { Prediction, Rates } from '../../src/plan/rates.ts';
import { predictWith } from '../../src/plan/rates.ts';
import type { Target, Work } from '../../src/target.ts';
import { elements } from '../../src/tensor/type.ts';
import { countsOf } from './counts.ts';
import type { TensorPrediction } from './tensor/predict.ts';

/** Where so many of all weights are multiplied there is nothing to gain, whatever rates say. */
const most = 0.95;

/** Nanoseconds that a byte of weights is worth, so that what takes as long is stored in less. */
const perByte = 1 / 400;

/** `tensor`: what tensor cores take, of the layers that they do. */
export function pricingBy(
  rates: Rates,
  tensor: (work: Work) => TensorPrediction | undefined = () => undefined,
): Pick<Target, 'price' | 'predict'> {
  const predict = (work: Work): Prediction => tensor(work) ?? predictWith(rates, countsOf(work));
  return {
    predict,
    price(work) {
      const all = elements(work.types.weights.shape);
      if (work.encoding.format !== 'dense' && !work.asked && work.cost.multiplies > most * all) return Infinity;
      if (tensor(work)?.own === false && !work.asked) return Infinity;
      return predict(work).ns + work.cost.bytes * perByte;
    },
  };
}
