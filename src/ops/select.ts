import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface Select {
  readonly kind: 'select';
}

export const select: Rules<Select> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
