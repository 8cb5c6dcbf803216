import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface Slice {
  readonly kind: 'slice';
  readonly begin: readonly number[];
  readonly size: readonly number[];
  readonly step: readonly number[];
}

export const slice: Rules<Slice> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
