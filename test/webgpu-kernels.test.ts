/** Every kernel of the target webgpu against the meaning of the operator: the first case of each, the others with the slow tests. */
import { describe, expect, test } from 'vitest';
import { kernels } from '../targets/webgpu/kernels/index.ts';
import { webgpuCases } from './webgpu-cases.ts';
import { noGpu } from './webgpu-device.ts';
import { expectMeaning } from './webgpu-module.ts';

/** Of these every case takes long to compile for a CPU. */
const slow: ReadonlySet<string> = new Set(['matmul', 'attention']);

describe.skipIf(noGpu)(`on a device ${noGpu ?? ''}`, () => {
  const quick = Object.entries(webgpuCases).filter(([kernel]) => !slow.has(kernel));
  test.each(quick)('%s', (kernel, [{ graph }]) => expectMeaning(graph, kernel));
});

test('every kernel has a case', () => {
  expect(Object.keys(webgpuCases).sort()).toEqual(kernels.map((k) => k.name).sort());
});
