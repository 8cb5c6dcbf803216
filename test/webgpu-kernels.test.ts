/** Every kernel of the target webgpu against the loops that it replaces and against the meaning of the operator. */
import { describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { kernels } from '../targets/webgpu/kernels/index.ts';
import { webgpuCases } from './webgpu-cases.ts';
import { noGpu } from './webgpu-device.ts';
import { buildShaders, relativeError } from './webgpu-module.ts';

describe.skipIf(noGpu)(`on a device ${noGpu ?? ''}`, () => {
  describe.each(Object.entries(webgpuCases))('%s', (kernel, cases) => {
    test.each(cases.map((c) => [c.title, c] as const))('%s', async (_title, { graph }) => {
      const tuned = await buildShaders(graph, kernels);
      expect(tuned.plan.steps.flatMap(({ work }) => (work.kind === 'routines' ? [work.kernel] : []))).toContain(kernel);
      const inputs = randomInputs(graph, 7);
      const [fast, meant] = [await tuned.run(inputs), evaluate(graph, inputs)];
      expect(relativeError(fast, meant)).toBeLessThan(1e-5);
      // A second run finds what the first has left behind.
      expect(await tuned.run(inputs)).toEqual(fast);
    });
  });
});

test('every kernel has a case', () => {
  expect(Object.keys(webgpuCases).sort()).toEqual(kernels.map((k) => k.name).sort());
});
