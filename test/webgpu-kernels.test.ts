/** Every kernel of the target webgpu against the meaning of the operator: the first case of each, the others with the slow tests. */
import { describe, expect, test } from 'vitest';
import { kernels } from '../targets/webgpu/kernels/index.ts';
import { webgpuCases } from './webgpu-cases.ts';
import { noGpu } from './webgpu-device.ts';
import { expectMeaning } from './webgpu-module.ts';

describe.skipIf(noGpu)(`on a device ${noGpu ?? ''}`, () => {
  test.each(Object.entries(webgpuCases))('%s', (kernel, [{ graph }]) => expectMeaning(graph, kernel));
});

test('every kernel has a case', () => {
  expect(Object.keys(webgpuCases).sort()).toEqual(kernels.map((k) => k.name).sort());
});
