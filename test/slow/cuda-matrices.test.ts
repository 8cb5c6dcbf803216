/** Products and attention on tensor cores under sanitizers and in another order of threads, and what nvcc makes of every way to cut them. */
import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parsePtxas } from '../../src/toolchain/ptxas.ts';
import { installed } from '../cpu-build.ts';
import { withSources } from '../cuda-kit.ts';
import { everyCut, matrixCases, matrixFaults, matrixProgram } from '../cuda-matrices.ts';
import { addresses } from '../cuda-shim.ts';

describe.skipIf(!installed('g++'))('products and attention on tensor cores', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('mean what they do, and touch nothing that is not theirs', () => {
    expect(matrixFaults(matrixCases, ['-O1', ...addresses])).toEqual([]);
  });

  test('do not depend on the order of threads', () => {
    vi.stubEnv('CUDA_SHIM_ORDER', 'backward');
    expect(matrixFaults(matrixCases, ['-O1'])).toEqual([]);
  });
});

/** Registers of a thread: the most of these architectures, of nvcc 13.0, with and without masks, aligned or not. */
const recorded: Readonly<Record<string, number>> = {
  matrices_f16_128x128: 169,
  matrices_f16_32x32: 64,
  matrices_f16_64x64: 128,
  matrices_tf32_128x128: 128,
  matrices_tf32_32x32: 56,
  matrices_tf32_64x64: 109,
  tensor_attention_f16_128x32_64x64: 254,
  tensor_attention_f16_32x32_64x64: 216,
  tensor_attention_f16_64x16_128x128: 226,
  tensor_attention_f16_64x64_64x64: 246,
  tensor_attention_tf32_64x16_128x128: 236,
  tensor_attention_tf32_64x16_64x64: 143,
};

const archs = ['80', '90', '120'];

test.skipIf(!installed('nvcc'))('nvcc spills no registers, and takes no more than are recorded', () => {
  const { files, plan } = matrixProgram(everyCut());
  const code = archs.map((n) => `-gencode=arch=compute_${n},code=sm_${n}`);
  const args = ['-std=c++17', '-Xptxas', '-v', '-t', '2', ...code, '-c', `${plan.name}.cu`, '-o', 'all.o'];
  const { status, stdout, stderr } = withSources(files, (cwd) =>
    spawnSync('nvcc', args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 }),
  );
  expect(status, stderr).toBe(0);
  const uses = parsePtxas(`${stdout}${stderr}`).filter(({ kernel }) => /^(matrices|tensor_attention)_/.test(kernel));
  expect(uses.filter(({ spills }) => spills > 0)).toEqual([]);
  const most = new Map<string, number>();
  for (const { kernel, registers } of uses) {
    const cut = /^(?:matrices|tensor_attention)_(?:[a-z0-9]+_\d+x\d+(?:_\d+x\d+)?)/.exec(kernel)?.[0] ?? kernel;
    most.set(cut, Math.max(most.get(cut) ?? 0, registers));
  }
  expect([...most].filter(([cut, registers]) => registers > (recorded[cut] ?? 0))).toEqual([]);
  expect(most.size).toBe(Object.keys(recorded).length);
});
