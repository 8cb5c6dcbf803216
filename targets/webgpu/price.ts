/**
 * What work costs on a GPU, in multiply-adds of a dense layer. What weights take is paid as well, since they are downloaded,
 * uploaded, and held: a byte is worth as much as the work of some pixels.
 */
import type { Prediction, Work } from '../../src/target.ts';
import { elements } from '../../src/tensor/type.ts';
import { isTallBlock } from './storage.ts';

/** How much longer a multiply-add takes than in a dense layer: in blocks of four rows, and where each weight has a place of its own. */
const slower = { blocks: 1.25, apart: 3, loops: 12 } as const;

/** Multiply-adds that a byte is worth. */
const byteWorth = 100;

export const price = (work: Work): number => predict(work).ns;

export function predict({ call, types, encoding, cost, reuse }: Work): Prediction {
  const { op } = call;
  const all = elements(types.weights.shape);
  const sums = cost.multiplies * reuse;
  const layer = types.weights.dtype === 'f32' && ((op.kind === 'conv2d' && op.groups === 1) || op.kind === 'linear');
  if (!layer || encoding.format === 'smartdeal')
    return predicted('loops', (sums + (cost.lookups + cost.tests) * reuse) * slower.loops, cost.bytes * byteWorth);
  const value = valueBytes(encoding.params);
  if (encoding.format === 'dense') return predicted('dense', sums, all * value * byteWorth);
  if (isTallBlock(encoding))
    return predicted('blocks', sums * slower.blocks, (cost.multiplies * value + cost.lookups * 2) * byteWorth);
  const places = Math.min(all / 8, cost.multiplies * 2);
  return predicted('apart', sums * slower.apart, (cost.multiplies * value + places) * byteWorth);
}

/** Weights are stored as f16 where that holds them, which is not known here, or in codes. */
const valueBytes = ({ linear, codebook }: Readonly<Record<string, number>>): number => (codebook ?? linear ?? 16) / 8;

const predicted = (family: string, multiply: number, weights: number): Prediction => ({
  ns: multiply + weights,
  bound: multiply < weights ? 'weights' : 'multiply',
  family,
});
