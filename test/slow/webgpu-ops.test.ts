/** Every operator as WebGPU shaders, many times over, from its loops and through whatever kernel takes it. */
import { describe, test } from 'vitest';
import { rules } from '../../src/ops/index.ts';
import { kernels } from '../../targets/webgpu/kernels/index.ts';
import { noGpu } from '../webgpu-device.ts';
import { randomShaders } from '../webgpu-random.ts';

/** Those that kernels may take. */
const layered: readonly string[] = [
  ...['conv2d', 'conv-transpose2d', 'linear', 'reduce', 'softmax', 'layer-norm', 'matmul', 'attention'],
];

const kinds = Object.keys(rules) as (keyof typeof rules)[];

describe.skipIf(noGpu)(`random operators on a device ${noGpu ?? ''}`, () => {
  test.each(kinds)('%s', (kind) => randomShaders(kind, 8, layered.includes(kind) ? [kernels, []] : [[]]));
});
