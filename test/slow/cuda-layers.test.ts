/** Kernels of the target cuda off the tensor cores: every case, watched by sanitizers, in shapes for large GPUs and for small ones, and what nvcc makes of them. */
import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Kernel } from '../../src/plan/kernel.ts';
import { parsePtxas } from '../../src/toolchain/ptxas.ts';
import { h100 } from '../../targets/cuda/devices.ts';
import { denseFor } from '../../targets/cuda/kernels/dense.ts';
import { kernels } from '../../targets/cuda/kernels/index.ts';
import { sparseFor } from '../../targets/cuda/kernels/sparse.ts';
import { registersOf as windowRegisters } from '../../targets/cuda/sparse/shape.ts';
import { registersOf as tileRegisters } from '../../targets/cuda/sparse/tiles.ts';
import { installed } from '../cpu-build.ts';
import { programOf, withSources } from '../cuda-kit.ts';
import { faultsOfLayers, layerCases, together } from '../cuda-layers.ts';
import { addresses, races } from '../cuda-shim.ts';
import { bandedConv, conv, same } from '../webgpu-layers.ts';

/** Of one processor: as much as may be goes into each block. */
const small = { ...h100, processors: 1 };

const forSmall = [denseFor(small), sparseFor(small)];
const shaped = (kernel: Kernel): Kernel => forSmall.find(({ name }) => name === kernel.name) ?? kernel;

describe.skipIf(!installed('g++'))('kernels of layers', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('mean what their layers do', () => {
    expect(faultsOfLayers(layerCases, kernels, ['-O1', ...addresses])).toEqual([]);
  });

  test('mean the same in large blocks, whichever thread comes first, with barriers wherever threads share a place', () => {
    vi.stubEnv('CUDA_SHIM_ORDER', 'backward');
    vi.stubEnv('CUDA_SHIM_COPIES', 'early');
    expect(faultsOfLayers(layerCases, kernels.map(shaped), ['-O1', ...races])).toEqual([]);
  });
});

/** By the sums of a thread, where the name of a kernel says its shape: `sparse_4_8x2x7_...`, `dense_64x128_2x2_...`. */
function recorded(kernel: string): number {
  if (kernel.startsWith('attention_64_')) return 80;
  const [, height, bands, spans] = /^sparse_(\d)_\d+x(\d)x(\d)_/.exec(kernel)?.map(Number) ?? [];
  if (height)
    return windowRegisters({ warps: 0, bands, spans, depth: 0, span: 0 }, height === 4 ? 4 : height === 2 ? 2 : 1);
  const [, rowFours, placeFours] = /^dense_\d+x\d+_(\d)x(\d)_/.exec(kernel)?.map(Number) ?? [];
  return rowFours ? tileRegisters({ rowFours, placeFours }) : 64;
}

const archs = ['80', '90', '100', '120'];

test.skipIf(!installed('nvcc'))('nvcc spills no registers, and takes no more than are recorded', () => {
  const { dense, sparse, ...others } = layerCases;
  const more = [64, 16].flatMap((c) => {
    const spec = { ...same, x: [1, 30, 30, c], o: 64, density: 0.1, half: false };
    return [conv('', spec), bandedConv('', spec), conv('', { ...spec, x: [1, 40, 40, c], o: 16 })];
  });
  const some = [
    ...more,
    ...Object.values(others).flatMap((all) => [all[0], all[all.length - 1]]),
    ...sparse.slice(-4),
    ...dense.slice(-4),
  ];
  const { files, plan } = programOf(together(some), kernels.map(shaped));
  const code = archs.map((n) => `-gencode=arch=compute_${n},code=sm_${n}`);
  const args = ['-std=c++17', '-Xptxas', '-v', ...code, '-c', `${plan.name}.cu`, '-o', 'all.o'];
  const { status, stdout, stderr } = withSources(files, (cwd) =>
    spawnSync('nvcc', args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 }),
  );
  expect(status, stderr).toBe(0);
  const uses = parsePtxas(`${stdout}${stderr}`).filter(({ kernel }) => !kernel.startsWith('relayout'));
  expect(new Set(uses.map(({ kernel }) => kernel)).size).toBeGreaterThan(15);
  expect(uses.filter(({ spills }) => spills > 0)).toEqual([]);
  expect(uses.filter(({ kernel, registers }) => registers > recorded(kernel))).toEqual([]);
});
