/** A target for tests of passes alone: dense or listed weights by their bytes and lookups, and panels of four lanes for pictures. */
import type { Target } from '../../src/target.ts';
import { panel, plain } from '../../src/tensor/type.ts';

export const fakeTarget: Target = {
  name: 'fake',
  doc: 'prices and wishes that are easy to follow',
  kernels: [],
  price: ({ cost, reuse, encoding: { format } }) =>
    format === 'dense' || format === 'csr'
      ? cost.bytes + reuse * (cost.multiplies + cost.lookups / 2)
      : Number.POSITIVE_INFINITY,
  predict: ({ cost }) => ({ ns: cost.multiplies, bound: 'multiply', family: 'loops' }),
  wish({ op }) {
    if (op.kind === 'unary' || op.kind === 'binary' || op.kind === 'concat') return { kind: 'same' };
    const spatial = op.kind === 'conv2d' || op.kind === 'pool2d' || op.kind === 'resize';
    const layout = spatial ? panel(4) : plain;
    return { kind: 'fixed', operands: { x: layout, residual: layout }, result: layout };
  },
  emit: () => ({ artefacts: [], recipe: [] }),
};
