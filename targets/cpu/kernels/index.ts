import type { Kernel } from '../../../src/plan/kernel.ts';
import { convTranspose2d } from './conv-transpose2d.ts';
import { conv2d } from './conv2d.ts';
import { depthwise } from './depthwise.ts';
import { linear } from './linear.ts';
import { panelKernels } from './panels.ts';
import { pool2d } from './pool2d.ts';
import { residual } from './residual.ts';

/** Asked in order: the first that takes a step has it. */
export const kernels: readonly Kernel[] = [
  depthwise,
  conv2d,
  residual,
  convTranspose2d,
  linear,
  ...panelKernels,
  pool2d,
];
