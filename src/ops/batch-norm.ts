import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface BatchNorm {
  readonly kind: 'batch-norm';
  readonly epsilon: number;
}

export const batchNorm: Rules<BatchNorm> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
