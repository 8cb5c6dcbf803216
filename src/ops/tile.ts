import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface Tile {
  readonly kind: 'tile';
  readonly repeats: readonly number[];
}

export const tile: Rules<Tile> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
