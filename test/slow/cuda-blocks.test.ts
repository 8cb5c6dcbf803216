/** Weights of which whole tiles are left out, on tensor cores: under sanitizers and in other orders of threads, and what nvcc makes of every cut. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import { parsePtxas } from '../../src/toolchain/ptxas.ts';
import { elements } from '../../targets/cuda/tensor/elements.ts';
import type { Shape } from '../../targets/cuda/tensor/product.ts';
import { blockTiles, registersOf } from '../../targets/cuda/tensor/tiles.ts';
import { folderWith, installed } from '../cpu-build.ts';
import { blocksCases, blocksGraph, blocksKernels } from '../cuda-blocks.ts';
import { programOf, runProgram } from '../cuda-kit.ts';
import { withEnvironment } from '../cuda-nvcc.ts';
import { kernelsText, routineFor } from '../cuda-products.ts';
import { addresses, races } from '../cuda-shim.ts';
import { distance } from '../ops/law.ts';

const unused = { unused: new Float32Array(1) };

describe.skipIf(!installed('g++'))('layers of blocks', () => {
  const graph = blocksGraph();
  const want = evaluate(graph, unused);
  const worst = (flags: readonly string[]): number => {
    const got = runProgram(programOf(graph, blocksKernels()), unused, ['-O1', ...flags]);
    return Math.max(...blocksCases().map((_, i) => distance(got[`case_${i}`], want[`case_${i}`])));
  };

  test.each([
    ['touch nothing that is not theirs', addresses],
    ['have barriers wherever threads share a place', races],
  ])('%s', (_, flags) => expect(worst(flags)).toBeLessThan(2e-6));

  test('do not depend on the order of threads', () =>
    withEnvironment({ CUDA_SHIM_ORDER: 'random' }, async () => expect(worst([])).toBeLessThan(2e-6)));
});

const shapes: readonly Shape[] = [
  ...blockTiles.map((tile): Shape => ({ way: 'blocks', tile, element: elements.f16, along: 'pixels' })),
  ...blockTiles.slice(0, 2).map((tile): Shape => ({ way: 'blocks', tile, element: elements.bf16, along: 'rows' })),
  ...[elements.tf32, elements.s8].map(
    (element): Shape => ({ way: 'blocks', tile: blockTiles[0], element, along: 'rows' }),
  ),
];

const archs = ['80', '90', '100', '120'];

test.skipIf(!installed('nvcc'))('nvcc spills no registers, and takes as many as are recorded', () => {
  const folder = folderWith({ artefacts: [{ path: 'all.cu', role: 'source', contents: kernelsText(shapes) }] });
  const code = archs.map((n) => `-gencode=arch=compute_${n},code=sm_${n}`);
  const args = ['-std=c++17', '-Xptxas', '-v', ...code, '-c', 'all.cu', '-o', 'all.o'];
  const { status, stdout, stderr } = spawnSync('nvcc', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
  expect(status, stderr).toBe(0);
  const uses = parsePtxas(`${stdout}${stderr}`);
  expect(uses.length).toBe(shapes.length * archs.length);
  expect(uses.filter(({ spills }) => spills > 0)).toEqual([]);
  const recorded = new Map(
    shapes.map((shape) => [routineFor(shape).name.replaceAll('-', '_'), registersOf(shape.way, shape.tile)]),
  );
  expect(uses.filter(({ kernel, registers }) => registers > (recorded.get(kernel) ?? 0))).toEqual([]);
});
