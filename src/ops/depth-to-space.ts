import { bug } from '../diagnostic.ts';
import type { Rules } from './rules.ts';

export interface DepthToSpace {
  readonly kind: 'depth-to-space';
  readonly block: number;
}

export const depthToSpace: Rules<DepthToSpace> = {
  doc: '',
  operands: () => [],
  infer: () => bug('being written'),
  evaluate: () => bug('being written'),
  lower: () => bug('being written'),
};
