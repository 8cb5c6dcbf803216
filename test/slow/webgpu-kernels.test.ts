/** The kernels of the target webgpu in all of their cases, among them those that take long to compile for a CPU. */
import { describe, test } from 'vitest';
import { webgpuCases } from '../webgpu-cases.ts';
import { noGpu } from '../webgpu-device.ts';
import { expectMeaning } from '../webgpu-module.ts';

describe.skipIf(noGpu)(`on a device ${noGpu ?? ''}`, () => {
  describe.each(Object.entries(webgpuCases))('%s', (kernel, cases) => {
    test.each(cases.map((c) => [c.title, c.graph] as const))('%s', (_title, graph) => expectMeaning(graph, kernel));
  });
});
