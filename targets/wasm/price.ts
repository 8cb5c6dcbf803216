/**
 * What work costs: nanoseconds, about, on one core at 3 GHz with two vector units of 128 bits and no fused
 * multiply-add, which is what engines make of WebAssembly. Ratios matter, and they hold elsewhere too.
 */
import type { Prediction, Work } from '../../src/target.ts';

/** Multiply-adds a nanosecond over pixels: rows that share their records in pairs, and rows that do not. */
const rates = { pairs: 11, single: 9.8 } as const;

/** Dense layers: weights a nanosecond that stream past four rows at a time, and those that are looked up. */
const streamed = 8;
const lookedUp = 2.5;

/** Bytes of weights that one multiply-add over pixels is worth. */
const bytesToRead = 1 / 40;

export const price = (work: Work): number => predict(work).ns;

export function predict({ call, types, encoding, cost, reuse }: Work): Prediction {
  const { op } = call;
  const { format, params } = encoding;
  const bytes = cost.bytes * bytesToRead;
  const sums = cost.multiplies * reuse;
  const even = types.weights.shape[0] % 2 === 0;
  // Kernels take what is f32.
  const isReal = types.weights.dtype === 'f32';
  if (isReal && (op.kind === 'conv2d' || op.kind === 'conv-transpose2d') && reuse > 1) {
    const paired =
      op.kind === 'conv2d' &&
      op.groups === 1 &&
      even &&
      (format === 'dense' || (format === 'block' && params.r % 2 === 0));
    return predicted(paired ? 'pairs' : 'single', sums / (paired ? rates.pairs : rates.single), bytes);
  }
  if (isReal && (op.kind === 'conv2d' || op.kind === 'linear'))
    return format === 'dense'
      ? predicted('streamed', sums / streamed, bytes)
      : predicted('looked up', sums / lookedUp, bytes);
  // The loops of any other layer look at each place.
  return predicted('loops', sums + (cost.lookups + cost.tests) * reuse, bytes);
}

const predicted = (family: string, multiply: number, weights: number): Prediction => ({
  ns: multiply + weights,
  bound: multiply < weights ? 'weights' : 'multiply',
  family,
});
