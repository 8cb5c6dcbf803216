import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface Concat {
  readonly kind: 'concat';
  readonly axis: number;
  readonly count: number;
}

export const concat: Rules<Concat> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
