import type { Kernel } from '../../../src/plan/kernel.ts';

/** Asked in order; the first that takes a step has it. */
export const kernels: readonly Kernel[] = [];
