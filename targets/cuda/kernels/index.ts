import type { Kernel } from '../../../src/plan/kernel.ts';
import type { Arch } from '../archs.ts';
import { haveTensorCores, haveWarpgroups, roomOn } from '../archs.ts';
import type { Arithmetic } from '../arithmetic.ts';
import { elements } from '../tensor/elements.ts';
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
import { tensorKernel } from './tensor.ts';
import { tensorAttention } from './tensor-attention.ts';
import { tensorMatmul } from './tensor-matmul.ts';
import { tensorWholeKernel } from './tensor-whole.ts';
import { warpgroupKernel } from './warpgroup.ts';

/** Layers that wait for memory, whatever multiplies. */
const waiting: readonly Kernel[] = [depthwise, denseVector, sparseVector];

const others: readonly Kernel[] = [dense, sparse, reduce, softmax, layerNorm, matmul, attention];

/** What computes in f32, on every GPU. Asked in order; the first that takes a step has it. */
export const kernels: readonly Kernel[] = [...waiting, ...others];

/**
 * With tensor cores, where all architectures have them: for whole numbers of 8 bits, and for others where something else than f32 is wanted.
 * Warpgroups take 16 bits.
 */
export function kernelsFor(archs: readonly Arch[], arithmetic: Arithmetic): readonly Kernel[] {
  if (!haveTensorCores(archs)) return kernels;
  const common = { sparse: true, room: roomOn(archs) };
  if (arithmetic === 'f32') return [tensorWholeKernel(common), ...waiting, ...others];
  const element = elements[arithmetic];
  const wide = haveWarpgroups(archs) && element.bytes === 2 ? [warpgroupKernel(element, common)] : [];
  const narrow = [...wide, tensorKernel(element, common), tensorMatmul(element), tensorAttention(element)];
  return [tensorWholeKernel(common), ...waiting, ...narrow, ...others];
}
