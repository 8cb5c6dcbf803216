import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface Pool2d {
  readonly kind: 'pool2d';
  readonly fn: 'max' | 'avg';
  readonly window: readonly number[];
  readonly stride: readonly number[];
  /** Top, left, bottom, right. */
  readonly pad: readonly number[];
  /** Whether an average divides by the whole window where part of it is padding. */
  readonly countPad: boolean;
}

export const pool2d: Rules<Pool2d> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
