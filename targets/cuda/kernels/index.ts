import type { Kernel } from '../../../src/plan/kernel.ts';
import { attention } from './attention.ts';
import { layerNorm } from './layer-norm.ts';
import { matmul } from './matmul.ts';
import { reduce } from './reduce.ts';
import { softmax } from './softmax.ts';

/** Asked in order; the first that takes a step has it. */
export const kernels: readonly Kernel[] = [reduce, softmax, layerNorm, matmul, attention];
