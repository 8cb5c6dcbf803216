import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface MatMul {
  readonly kind: 'matmul';
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export const matmul: Rules<MatMul> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
