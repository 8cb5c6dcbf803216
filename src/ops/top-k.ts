import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface TopK {
  readonly kind: 'top-k';
  readonly k: number;
  readonly output: 'values' | 'indices';
}

export const topK: Rules<TopK> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
