/** How a layer's activation is computed: bounds that its kernel applies, or a pass over what it has written. */

import type { Activation } from '../../../src/ops/scalar.ts';
import type { KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import { mapCall } from './map.ts';
import { preluCall } from './zip.ts';

export interface Epilogue {
  readonly low: number;
  readonly high: number;
  /** Calls that follow the kernel's. */
  readonly after: readonly RoutineCall[];
}

const unbounded = { low: -Infinity, high: Infinity };

/** Or why not. */
export function epilogueOf({ arrays, result }: KernelSite, activation: Activation): Epilogue | string {
  switch (activation) {
    case 'none':
      return { ...unbounded, after: [] };
    case 'relu':
      return { low: 0, high: Infinity, after: [] };
    case 'relu6':
      return { low: 0, high: 6, after: [] };
    case 'prelu':
      return { ...unbounded, after: [preluCall(arrays.slope, result.array, result.type)] };
    default: {
      const after = mapCall(activation, result.array, result.array);
      return after ? { ...unbounded, after: [after] } : `there are no vector instructions for "${activation}"`;
    }
  }
}
