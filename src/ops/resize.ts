import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface Resize {
  readonly kind: 'resize';
  readonly method: 'bilinear' | 'nearest';
  /** Height and width of the result. */
  readonly size: readonly number[];
  readonly coordinates: 'asymmetric' | 'half-pixel' | 'align-corners';
  readonly rounding: 'floor' | 'round';
}

export const resize: Rules<Resize> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
