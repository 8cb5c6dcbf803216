/** Kernels with subgroups of every size and shape. */
import { describe, expect, test } from 'vitest';
import { webgpuCases } from '../webgpu-cases.ts';
import { noGpu } from '../webgpu-device.ts';
import { divisions, errorOf } from '../webgpu-subgroups.ts';

describe.skipIf(noGpu).each(Object.entries(divisions))(`subgroups %s ${noGpu ?? ''}`, (_, division) => {
  test.each([...webgpuCases.reduce, webgpuCases.softmax[0], webgpuCases['layer-norm'][0], webgpuCases.dense[0]])(
    '$title',
    async ({ graph }) => {
      expect(await errorOf(graph, division)).toBeLessThan(1e-5);
    },
  );
});
