/** Kernels of the cpu target that are not convolutions, pooling or dense layers. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { attention } from './attention.ts';
import { binary } from './binary.ts';
import { concat } from './concat.ts';
import { depthToSpace } from './depth-to-space.ts';
import { layerNorm } from './layer-norm.ts';
import { pad } from './pad.ts';
import { pixels } from './pixels.ts';
import { reduce } from './reduce.ts';
import { relayout } from './relayout.ts';
import { resize } from './resize.ts';
import { slice } from './slice.ts';
import { softmax } from './softmax.ts';
import { topK } from './top-k.ts';
import { transpose } from './transpose.ts';
import { unary } from './unary.ts';

/** Asked in order; the first that takes a step has it. */
export const panelKernels: readonly Kernel[] = [
  unary,
  binary,
  concat,
  pad,
  slice,
  resize,
  depthToSpace,
  reduce,
  relayout,
  pixels,
  layerNorm,
  attention,
  softmax,
  topK,
  transpose,
];
