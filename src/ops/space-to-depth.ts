import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface SpaceToDepth {
  readonly kind: 'space-to-depth';
  readonly block: number;
}

export const spaceToDepth: Rules<SpaceToDepth> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
