import type { Kernel } from '../../../src/plan/kernel.ts';
import { attention } from './attention.ts';
import { dense } from './dense.ts';
import { depthwise } from './depthwise.ts';
import { layerNorm } from './layer-norm.ts';
import { matmul } from './matmul.ts';
import { nm } from './nm.ts';
import { reduce } from './reduce.ts';
import { softmax } from './softmax.ts';
import { sparse } from './sparse.ts';
import { vnm } from './vnm.ts';

/** Asked in order; the first that takes a step has it. */
export const kernels: readonly Kernel[] = [
  depthwise,
  dense,
  vnm,
  nm,
  sparse,
  reduce,
  softmax,
  layerNorm,
  matmul,
  attention,
];
