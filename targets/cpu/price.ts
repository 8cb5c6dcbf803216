/** What work costs: the nanoseconds that the rates of a CPU predict, and what is preferred where they say too little. */
import type { Prediction, Rates } from '../../src/plan/rates.ts';
import { predictWith } from '../../src/plan/rates.ts';
import type { Target, Work } from '../../src/target.ts';
import { elements } from '../../src/tensor/type.ts';
import { countsOf } from './counts.ts';

/** Below so many weights nothing is worth an index. */
const small = 256;

/** Formats that lie as the kernels read weights. From others the same is made: they take as long, and are told apart. */
const alike: ReadonlySet<string> = new Set(['dense', 'csr', 'block']);
const unlike = 1.02;

/** Nanoseconds that a byte of weights is worth, so that what takes as long is stored in less. */
const perByte = 1 / 400;

export function pricingBy(rates: Rates): Pick<Target, 'price' | 'predict'> {
  const predict = (work: Work): Prediction => predictWith(rates, countsOf(work));
  return {
    predict,
    price(work) {
      const dense = work.encoding.format === 'dense';
      if (!dense && elements(work.types.weights.shape) <= small) return Infinity;
      const { ns, family } = predict(work);
      // All taps are multiplied anyway.
      if (family === 'depthwise' && !dense) return Infinity;
      return ns * (alike.has(work.encoding.format) ? 1 : unlike) + work.cost.bytes * perByte;
    },
  };
}
