/**
 * What work costs: nanoseconds, about, on one core. `npm run bench:wasm` measures the rates and prints them by the names that they
 * have here; these are geometric means over both sets of instructions, since one plan is for both. Ratios matter, and they
 * hold elsewhere too.
 */
import type { Prediction, Work } from '../../src/target.ts';
import { fewestVectors } from './kernels/linear-panels.ts';
import { widthFor } from './kernels/rows.ts';

/**
 * Multiply-adds a nanosecond, on a core with 128 bits to a vector, of up to 15 in the portable set and 23 in the relaxed one.
 * Over pixels: rows that share their records by fours, by twos, and rows that do not. Over one vector: rows of dense
 * weights that stream past, and weights whose places are looked up.
 */
const rates = { quads: 18.2, pairs: 17.1, single: 16.2, streamed: 5.6, 'looked up': 1.85 } as const;

/** Bytes of weights that one multiply-add over pixels is worth. */
const bytesToRead = 1 / 40;

export const price = (work: Work): number => predict(work).ns;

/** What it takes to find a column by the gap before it: nobody sees that it is not negative, and divisions become calls. */
const gap = 8;

/** Of loops, which is all there is where no kernel is: about as much for each place that they look at. */
export function predictLoops({ encoding: { format, params }, cost, reuse }: Work): Prediction {
  const lookups = cost.lookups * (format === 'csr' && params.index === 8 ? gap : 1);
  return predicted('loops', (cost.multiplies + lookups + cost.tests) * reuse, cost.bytes * bytesToRead);
}

export function predict({ call, types, encoding, cost, reuse }: Work): Prediction {
  const { op } = call;
  const { format } = encoding;
  const bytes = cost.bytes * bytesToRead;
  const sums = cost.multiplies * reuse;
  const [rows] = types.weights.shape;
  // Kernels take what is f32.
  const isReal = types.weights.dtype === 'f32';
  const isConv = op.kind === 'conv2d' || op.kind === 'conv-transpose2d';
  if (isReal && ((isConv && reuse > 1) || (op.kind === 'linear' && reuse >= fewestVectors))) {
    const shared = op.kind === 'linear' || (op.kind === 'conv2d' && op.groups === 1);
    const family = families[shared ? widthFor(rows, encoding) : 1];
    return predicted(family, sums / rates[family], bytes);
  }
  if (isReal && (op.kind === 'conv2d' || op.kind === 'linear')) {
    const family = format === 'dense' ? 'streamed' : 'looked up';
    return predicted(family, sums / rates[family], bytes);
  }
  // The loops of any other layer look at each place.
  return predicted('loops', sums + (cost.lookups + cost.tests) * reuse, bytes);
}

const families = { 1: 'single', 2: 'pairs', 4: 'quads' } as const;

const predicted = (family: string, multiply: number, weights: number): Prediction => ({
  ns: multiply + weights,
  bound: multiply < weights ? 'weights' : 'multiply',
  family,
});
