/** Which functions a layer takes in. */
import type { UnaryName } from '../../src/ops/scalar.ts';

/** What counts as an activation: every kernel of a layer computes these in its epilogue. */
export const fusible: ReadonlySet<UnaryName> = new Set<UnaryName>([
  'relu',
  'relu6',
  'sigmoid',
  'tanh',
  'swish',
  'hard-sigmoid',
  'hard-swish',
  'elu',
  'softplus',
  'gelu',
]);
