/** How a layer's activation is computed: bounds that its kernel applies, or a pass over what it has written. */

import type { Activation } from '../../../src/ops/scalar.ts';
import type { KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';

export interface Epilogue {
  readonly low: number;
  readonly high: number;
  /** Calls that follow the kernel's. */
  readonly after: readonly RoutineCall[];
}

const unbounded = { low: -Infinity, high: Infinity };

/** Or why not. */
export function epilogueOf(_site: KernelSite, activation: Activation): Epilogue | string {
  switch (activation) {
    case 'none':
      return { ...unbounded, after: [] };
    case 'relu':
      return { low: 0, high: Infinity, after: [] };
    case 'relu6':
      return { low: 0, high: 6, after: [] };
    default:
      return `there is no routine for "${activation}"`;
  }
}
