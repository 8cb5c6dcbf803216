/** Layers by warpgroups under sanitizers and in other orders of threads and copies, and what nvcc makes of every kernel. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { parsePtxas } from '../../src/toolchain/ptxas.ts';
import { archsOf, codeFlags } from '../../targets/cuda/archs.ts';
import { folderWith, installed } from '../cpu-build.ts';
import { withEnvironment } from '../cuda-nvcc.ts';
import { addresses, races } from '../cuda-shim.ts';
import { wideKernelsText, wideNameOf, wideShapes } from '../cuda-warpgroup-kernels.ts';
import { wideFaults } from '../cuda-warpgroup-layers.ts';

describe.skipIf(!installed('g++'))('layers by warpgroups', () => {
  test('touch nothing that is not theirs', () => expect(wideFaults(['-O1', ...addresses])).toEqual([]));

  test('have barriers wherever threads share a place', () => expect(wideFaults(['-O1', ...races])).toEqual([]));

  test.each([{ CUDA_SHIM_ORDER: 'backward' }, { CUDA_SHIM_ORDER: 'random' }, { CUDA_SHIM_COPIES: 'early' }])(
    'do not depend on the order of threads and copies: %o',
    (environment) => withEnvironment(environment, async () => expect(wideFaults(['-O0'])).toEqual([])),
  );
});

test.skipIf(!installed('nvcc'))('nvcc spills no registers, and lets products go on beside their warpgroups', () => {
  const folder = folderWith({ artefacts: [{ path: 'all.cu', role: 'source', contents: wideKernelsText(wideShapes) }] });
  const args = ['-std=c++17', '-O3', '-Xptxas', '-v', ...codeFlags(archsOf('sm_90a')), '-c', 'all.cu', '-o', 'all.o'];
  const { status, stdout, stderr } = spawnSync('nvcc', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
  expect(status, stderr).toBe(0);
  const said = `${stdout}${stderr}`;
  const uses = parsePtxas(said);
  expect(uses.map(({ kernel }) => kernel).sort()).toEqual(wideShapes.map(wideNameOf).sort());
  // All that a block of 384 threads can have, which warpgroups then share out otherwise.
  expect(uses.filter(({ spills, registers }) => spills > 0 || registers > 168)).toEqual([]);
  // C7508: registers are not shared out; C7510 and others: instructions of warpgroups are put in order.
  expect(said.split('\n').filter((line) => /C75\d\d|serializ|setmaxnreg/.test(line))).toEqual([]);
});
