import type { Kernel } from '../../../src/plan/kernel.ts';
import { convPanels } from './conv-panels.ts';
import { convWindow } from './conv-window.ts';

/** Asked in order; the first that takes a step has it. */
export const kernels: readonly Kernel[] = [convPanels, convWindow];
