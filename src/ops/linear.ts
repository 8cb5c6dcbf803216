import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';
import type { Activation } from './scalar.ts';

export interface Linear {
  readonly kind: 'linear';
  readonly activation: Activation;
}

export const linear: Rules<Linear> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
