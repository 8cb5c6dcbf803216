/** Products on tensor cores under sanitizers and in other orders of threads, and what nvcc makes of every one. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { parsePtxas } from '../../src/toolchain/ptxas.ts';
import { elements } from '../../targets/cuda/tensor/elements.ts';
import type { Shape } from '../../targets/cuda/tensor/product.ts';
import type { Way } from '../../targets/cuda/tensor/tiles.ts';
import { registersOf, tiles } from '../../targets/cuda/tensor/tiles.ts';
import { folderWith, installed } from '../cpu-build.ts';
import { productFaults } from '../cuda-product-cases.ts';
import { kernelsText, routineFor } from '../cuda-products.ts';
import { addresses, races } from '../cuda-shim.ts';

describe.skipIf(!installed('g++'))('products on tensor cores', () => {
  test('touch nothing that is not theirs', () => expect(productFaults(['-O1', ...addresses])).toEqual([]));

  test('have barriers wherever threads share a place', () => expect(productFaults(['-O1', ...races])).toEqual([]));

  test.each(['backward', 'random'])('do not depend on the order of threads: %s', (order) =>
    expect(productFaults(['-O1'], { CUDA_SHIM_ORDER: order })).toEqual([]),
  );
});

const ways: readonly Way[] = ['dense', 'sparse', 'extra', 'gathered'];

/** Every tile of every way in f16, and one of the others. */
const shapes: readonly Shape[] = [
  ...ways.flatMap((way) =>
    tiles.map((tile): Shape => ({ way, tile, element: elements.f16, along: 'pixels', parted: false })),
  ),
  ...ways.map((way): Shape => ({ way, tile: tiles[2], element: elements.bf16, along: 'rows', parted: true })),
  ...ways
    .slice(0, 3)
    .map((way): Shape => ({ way, tile: tiles[2], element: elements.tf32, along: 'rows', parted: true })),
  ...ways
    .slice(0, 2)
    .map((way): Shape => ({ way, tile: tiles[2], element: elements.u8, along: 'pixels', parted: false })),
  ...ways.slice(0, 3).map((way): Shape => ({ way, tile: tiles[2], element: elements.s8, along: 'rows', parted: true })),
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
  const more = uses.filter(({ kernel, registers }) => registers > (recorded.get(kernel) ?? 0));
  expect(more).toEqual([]);
});
