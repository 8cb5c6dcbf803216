import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface Gather {
  readonly kind: 'gather';
  readonly axis: number;
}

export const gather: Rules<Gather> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
