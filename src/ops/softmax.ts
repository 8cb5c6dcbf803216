import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface Softmax {
  readonly kind: 'softmax';
  readonly axis: number;
}

export const softmax: Rules<Softmax> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
