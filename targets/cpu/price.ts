/** What work costs: the nanoseconds that the rates of a CPU predict, and what is preferred where they say too little. */
import { codeIn } from '../../src/formats/codes.ts';
import type { Prediction, Rates } from '../../src/plan/rates.ts';
import { predictWith } from '../../src/plan/rates.ts';
import type { Target, Work } from '../../src/target.ts';
import { elements } from '../../src/tensor/type.ts';
import { countsOf, readsCodes } from './counts.ts';

/** Below so many weights nothing is worth an index. */
const small = 256;

/** Formats that lie as the kernels read weights. From others the same is made: they take as long, and are told apart. */
const alike: ReadonlySet<string> = new Set(['dense', 'csr', 'block']);
const unlike = 1.02;

/** Where so many of all weights are multiplied there is nothing to gain, whatever rates say. */
const most = 0.95;

/** How much longer than predicted sparse is taken to be: what is about as fast stays dense. */
const doubt = 1.15;

/** Nanoseconds that a byte of weights is worth, so that what takes as long is stored in less. */
const perByte = 1 / 400;

export function pricingBy(rates: Rates): Pick<Target, 'price' | 'predict'> {
  const predict = (work: Work): Prediction => predictWith(rates, countsOf(work));
  return {
    predict,
    price(work) {
      const dense = work.encoding.format === 'dense';
      const all = elements(work.types.weights.shape);
      // Most kernels multiply f32, and nothing expands weights at load.
      if (codeIn(work.encoding.params) && work.types.weights.dtype === 'f32' && !readsCodes(work)) return Infinity;
      if (!dense && !work.asked && (all <= small || work.cost.multiplies > most * all)) return Infinity;
      const { ns, family } = predict(work);
      // All taps are multiplied anyway.
      if (family === 'depthwise' && !dense) return Infinity;
      return ns * (dense ? 1 : doubt) * (alike.has(work.encoding.format) ? 1 : unlike) + work.cost.bytes * perByte;
    },
  };
}
