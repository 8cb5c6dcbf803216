/** Weights of which whole tiles are left out, on tensor cores: under sanitizers and in other orders of threads, and what nvcc makes of every cut. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { KernelUse } from '../../src/toolchain/ptxas.ts';
import { parsePtxas } from '../../src/toolchain/ptxas.ts';
import { archsOf, codeFlags } from '../../targets/cuda/archs.ts';
import { elements } from '../../targets/cuda/tensor/elements.ts';
import type { Shape } from '../../targets/cuda/tensor/product.ts';
import { blockTiles, registersOf } from '../../targets/cuda/tensor/tiles.ts';
import { wideBlocksRoutine, wideBlocksTold } from '../../targets/cuda/warpgroup/blocks-product.ts';
import { wideBlocksTiles } from '../../targets/cuda/warpgroup/blocks-tiles.ts';
import { folderWith, installed } from '../cpu-build.ts';
import { blocksCases, blocksGraph, blocksKernels } from '../cuda-blocks.ts';
import { wideBlocksFaults } from '../cuda-blocks-wide.ts';
import { identifier, kernelsSource } from '../cuda-kernels-text.ts';
import { programOf, runProgram } from '../cuda-kit.ts';
import { withEnvironment } from '../cuda-nvcc.ts';
import { kernelsText, routineFor } from '../cuda-products.ts';
import { addresses, races } from '../cuda-shim.ts';
import { distance } from '../ops/law.ts';

const unused = { unused: new Float32Array(1) };

function blocksFaults(flags: readonly string[]): readonly string[] {
  const graph = blocksGraph();
  const want = evaluate(graph, unused);
  const got = runProgram(programOf(graph, blocksKernels()), unused, flags);
  return blocksCases().flatMap(({ case: { title } }, i) => {
    const apart = distance(got[`case_${i}`], want[`case_${i}`]);
    return apart <= (got[`case_${i}`] instanceof Int32Array ? 0 : 2e-6) ? [] : [`${title}: ${apart}`];
  });
}

describe.skipIf(!installed('g++')).each([
  ['layers of blocks', blocksFaults],
  ['layers of blocks that copies in bulk bring', wideBlocksFaults],
])('%s', (_, faults) => {
  test('touch nothing that is not theirs', () => expect(faults(['-O1', ...addresses])).toEqual([]));

  test('have barriers wherever threads share a place', () => expect(faults(['-O1', ...races])).toEqual([]));

  test('do not depend on the order of threads and copies', () =>
    withEnvironment({ CUDA_SHIM_ORDER: 'random', CUDA_SHIM_COPIES: 'early' }, async () =>
      expect(faults(['-O1'])).toEqual([]),
    ));
});

const shapes: readonly Shape[] = [
  ...blockTiles.map((tile): Shape => ({ way: 'blocks', tile, element: elements.f16, along: 'pixels', parted: false })),
  ...blockTiles
    .slice(0, 2)
    .map((tile): Shape => ({ way: 'blocks', tile, element: elements.bf16, along: 'rows', parted: true })),
  ...[elements.tf32, elements.s8].map(
    (element): Shape => ({ way: 'blocks', tile: blockTiles[0], element, along: 'rows', parted: true }),
  ),
];

/** What ptxas says of kernels, after nvcc has compiled them. */
function ptxasOf(contents: string, code: readonly string[]): readonly KernelUse[] {
  const folder = folderWith({ artefacts: [{ path: 'all.cu', role: 'source', contents }] });
  const args = ['-std=c++17', '-Xptxas', '-v', ...code, '-c', 'all.cu', '-o', 'all.o'];
  const { status, stdout, stderr } = spawnSync('nvcc', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
  expect(status, stderr).toBe(0);
  // C75: instructions of warpgroups that are put in order, and registers that are not shared out.
  expect(`${stdout}${stderr}`.split('\n').filter((line) => /C75\d\d|serializ|setmaxnreg/.test(line))).toEqual([]);
  return parsePtxas(`${stdout}${stderr}`);
}

describe.skipIf(!installed('nvcc'))('nvcc spills no registers', () => {
  test('and takes as many as are recorded', () => {
    const archs = ['80', '90', '100', '120'];
    const uses = ptxasOf(
      kernelsText(shapes),
      archs.map((n) => `-gencode=arch=compute_${n},code=sm_${n}`),
    );
    expect(uses.length).toBe(shapes.length * archs.length);
    expect(uses.filter(({ spills }) => spills > 0)).toEqual([]);
    const recorded = new Map(
      shapes.map((shape) => [identifier(routineFor(shape).name), registersOf(shape.way, shape.tile)]),
    );
    expect(uses.filter(({ kernel, registers }) => registers > (recorded.get(kernel) ?? 0))).toEqual([]);
  });

  test('and warps share them out where copies in bulk bring steps', () => {
    const finish = {
      kind: 'relu',
      text: 'result[at] = fmaxf(sum + bias[row], 0.0f);',
      result: 'float',
      needs: [],
    } as const;
    const o = { x: 0, steps: 0, weights: 0, begins: 0, starts: 0, channels: 0, rowTiles: 0, splits: 1, result: 0 };
    const nowhere = { rows: 1, stored: 1, pixels: 1, imagePixels: 1, toImage: 0, toPixel: 0, toRow: 0, part: 0 };
    const kernels = wideBlocksTiles.flatMap((tile) =>
      [elements.f16, elements.bf16].map((element) => {
        const told = [...wideBlocksTold(o, 1, tile, nowhere, finish), { declare: 'const float *__restrict__ bias' }];
        return [wideBlocksRoutine(tile, element, finish), told] as const;
      }),
    );
    const uses = ptxasOf(kernelsSource(kernels), codeFlags(archsOf('sm_90a')));
    expect(uses.map(({ kernel }) => kernel).sort()).toEqual(kernels.map(([{ name }]) => identifier(name)).sort());
    // All that a block of 384 threads can have.
    expect(uses.filter(({ spills, registers }) => spills > 0 || registers > 168)).toEqual([]);
  });
});
