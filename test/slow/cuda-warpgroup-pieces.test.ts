/** Networks by warpgroups whose values lie in pieces, in both of their numbers, under sanitizers. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { parsePtxas } from '../../src/toolchain/ptxas.ts';
import { archsOf, codeFlags } from '../../targets/cuda/archs.ts';
import { cuda } from '../../targets/cuda/target.ts';
import { installed } from '../cpu-build.ts';
import { programOf, withSources } from '../cuda-kit.ts';
import { addresses } from '../cuda-shim.ts';
import { runWidePieces, wideArranged, widePiecesKernels } from '../cuda-warpgroup-pieces.ts';

test.skipIf(!installed('g++')).each(['f16', 'bf16'] as const)(
  'a network by warpgroups in %s is as near as it is said to be, and touches nothing that is not its own',
  (narrow) => {
    const { huge, less, ...others } = runWidePieces(narrow, ['-O1', ...addresses]);
    const limit = cuda.target({ arithmetic: narrow }).error ?? 0;
    const all = narrow === 'f16' ? others : { ...others, huge, less };
    expect(Object.entries(all).filter(([, { apart }]) => !(apart <= limit))).toEqual([]);
  },
);

test.skipIf(!installed('nvcc'))('nvcc takes such a network as it is, and spills no registers', () => {
  const options = { arch: 'sm_90a', arithmetic: 'f16' };
  const { files, plan } = programOf(wideArranged('f16'), widePiecesKernels('f16'), options);
  const code = codeFlags(archsOf(options.arch));
  const args = ['-std=c++17', '-O3', '-Xptxas', '-v', ...code, '-c', `${plan.name}.cu`, '-o', 'all.o'];
  const { status, stdout, stderr } = withSources(files, (cwd) =>
    spawnSync('nvcc', args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 }),
  );
  expect(status, stderr).toBe(0);
  const said = `${stdout}${stderr}`;
  expect(said.split('\n').filter((line) => /warning|C75\d\d/.test(line))).toEqual([]);
  const uses = parsePtxas(said);
  expect(uses.some(({ kernel }) => /^product_wide_blocks_f16_.*_to_f16$/.test(kernel))).toBe(true);
  expect(uses.filter(({ spills, registers }) => spills > 0 || registers > 168)).toEqual([]);
});
