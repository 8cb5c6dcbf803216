import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface Reduce {
  readonly kind: 'reduce';
  readonly fn: 'sum' | 'mean' | 'max' | 'min' | 'prod';
  readonly axes: readonly number[];
  /** Whether the axes stay, with size 1. */
  readonly keep: boolean;
}

export const reduce: Rules<Reduce> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
