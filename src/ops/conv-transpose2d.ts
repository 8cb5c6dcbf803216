import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';
import type { Activation } from './scalar.ts';

export interface ConvTranspose2d {
  readonly kind: 'conv-transpose2d';
  /** Down, across. */
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Rows and columns cut off the full result: top, left, bottom, right. */
  readonly pad: readonly number[];
  /** Height and width of the result. */
  readonly size: readonly number[];
  readonly activation: Activation;
}

export const convTranspose2d: Rules<ConvTranspose2d> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
