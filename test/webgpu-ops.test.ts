/** Every operator as WebGPU shaders, from its loops, against its meaning. Skipped where no device is. */
import { describe, test } from 'vitest';
import { rules } from '../src/ops/index.ts';
import { noGpu } from './webgpu-device.ts';
import { randomShaders } from './webgpu-random.ts';

const kinds = Object.keys(rules) as (keyof typeof rules)[];

describe.skipIf(noGpu)(`random operators on a device ${noGpu ?? ''}`, () => {
  test.each(kinds)('%s', (kind) => randomShaders(kind, 1, [[]]));
});
