/** Kernels of the target cuda off the tensor cores: every case, watched by sanitizers, in shapes for large GPUs and for small ones. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Kernel } from '../../src/plan/kernel.ts';
import { denseFor } from '../../targets/cuda/kernels/dense.ts';
import { kernels } from '../../targets/cuda/kernels/index.ts';
import { sparseFor } from '../../targets/cuda/kernels/sparse.ts';
import { large } from '../../targets/cuda/sparse/machine.ts';
import { installed } from '../cpu-build.ts';
import { faultsOfLayers, layerCases } from '../cuda-layers.ts';
import { addresses } from '../cuda-shim.ts';

/** Of one processor: as much as may be goes into each block. */
const small = { ...large, processors: 1 };

const forSmall = [denseFor(small), sparseFor(small)];
const shaped = (kernel: Kernel): Kernel => forSmall.find(({ name }) => name === kernel.name) ?? kernel;

describe.skipIf(!installed('g++'))('kernels of layers', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('mean what their layers do', () => {
    expect(faultsOfLayers(layerCases, kernels, ['-O1', ...addresses])).toEqual([]);
  });

  test('mean the same in large blocks, whichever thread comes first', () => {
    vi.stubEnv('CUDA_SHIM_ORDER', 'backward');
    const { dense, sparse } = layerCases;
    expect(faultsOfLayers({ dense, sparse }, kernels.map(shaped), ['-O1', ...addresses])).toEqual([]);
  });
});
