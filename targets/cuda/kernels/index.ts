import type { Kernel } from '../../../src/plan/kernel.ts';
import { attention } from './attention.ts';
import { dense } from './dense.ts';
import { denseVector } from './dense-vector.ts';
import { depthwise } from './depthwise.ts';
import { layerNorm } from './layer-norm.ts';
import { matmul } from './matmul.ts';
import { reduce } from './reduce.ts';
import { softmax } from './softmax.ts';
import { sparse } from './sparse.ts';
import { sparseVector } from './sparse-vector.ts';

/** Asked in order; the first that takes a step has it. */
export const kernels: readonly Kernel[] = [
  depthwise,
  denseVector,
  dense,
  sparseVector,
  sparse,
  reduce,
  softmax,
  layerNorm,
  matmul,
  attention,
];
