import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface Cast {
  readonly kind: 'cast';
  readonly to: 'f32' | 'i32';
}

export const cast: Rules<Cast> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
