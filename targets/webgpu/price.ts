/** What work costs on a GPU: the nanoseconds that rates predict, and what weights are worth, which are downloaded, uploaded and held. */
import type { Prediction, Rates } from '../../src/plan/rates.ts';
import { predictWith } from '../../src/plan/rates.ts';
import type { Target, Work } from '../../src/target.ts';
import { elements } from '../../src/tensor/type.ts';
import { countsOf } from './counts.ts';

/** Where so many of all weights are multiplied there is nothing to gain, whatever rates say. */
const most = 0.95;

/** Nanoseconds of a run that a byte is worth: it takes 160 to come at 50 Mbit a second, and then serves some hundreds of runs. */
const perByte = 1 / 3;

/** Kernels make the same of several formats, which are told apart by what they take themselves. */
const perOwnByte = 1e-6;

export function pricingBy(rates: Rates): Pick<Target, 'price' | 'predict'> {
  const predict = (work: Work): Prediction => predictWith(rates, countsOf(work));
  return {
    predict,
    price(work) {
      const dense = work.encoding.format === 'dense';
      const all = elements(work.types.weights.shape);
      if (!dense && !work.asked && work.cost.multiplies > most * all) return Infinity;
      const counted = countsOf(work);
      // All taps are multiplied anyway.
      if (counted.family === 'depthwise' && !dense) return Infinity;
      return predictWith(rates, counted).ns + (counted.counts.weights ?? 0) * perByte + work.cost.bytes * perOwnByte;
    },
  };
}
