/** Which weights the kernels of layers take. */
import type { Weights } from '../../../src/graph/weights.ts';
import type { Reading } from '../../../src/plan/kernel.ts';

/** The weights of a convolution or dense layer that are known, and stored dense or not, or why it is none. */
export function weightsIn({ call, weights, constant, types }: Reading, stored: 'dense' | 'sparse'): Weights | string {
  if (call.op.kind !== 'conv2d' && call.op.kind !== 'linear') return 'takes convolutions and dense layers';
  if (!weights) return 'takes weights that are known';
  if ((weights.constant.type.encoding.format === 'dense') !== (stored === 'dense'))
    return `takes weights that are ${stored === 'dense' ? '' : 'not '}stored dense`;
  const moving = ['bias', 'slope'].find((name) => types[name] && !constant(name));
  return moving === undefined ? weights : `takes a constant "${moving}"`;
}
