/** Kernels of the cpu target that are not convolutions of whole channels or dense layers. */
import type { Kernel } from '../../../src/plan/kernel.ts';

/** Asked in order; the first that takes a step has it. */
export const panelKernels: readonly Kernel[] = [];
