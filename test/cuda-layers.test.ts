/** Kernels of the target cuda off the tensor cores, against the meaning of their layers: one of each; all of them with the slow tests. */
import { describe, expect, test } from 'vitest';
import { kernels } from '../targets/cuda/kernels/index.ts';
import { installed } from './cpu-build.ts';
import { faultsOfLayers, layerCases } from './cuda-layers.ts';

/** Several chunks of planes, several images, rows without weights. */
const quick = /^3x3, a border|rows without weights|^groups$|^bands of four rows, f32|^as it lies, 1x1|^long rows/;

describe.skipIf(!installed('g++'))('kernels of layers', () => {
  test('mean what their layers do', () => {
    const some = Object.entries(layerCases).map(([kernel, cases]) => [
      kernel,
      cases.filter(({ title }) => quick.test(title)),
    ]);
    expect(faultsOfLayers(Object.fromEntries(some), kernels, ['-O0'])).toEqual([]);
  });
});
