import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface Pad {
  readonly kind: 'pad';
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly mode: 'constant' | 'reflect' | 'symmetric' | 'edge';
  readonly value: number;
}

export const pad: Rules<Pad> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
