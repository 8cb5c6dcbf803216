import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface Transpose {
  readonly kind: 'transpose';
  readonly perm: readonly number[];
}

export const transpose: Rules<Transpose> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
