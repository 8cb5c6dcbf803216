/** Every operator and every format as CUDA C++, from its loops and by kernels, watched by sanitizers. */
import { describe, expect, test } from 'vitest';
import { kernels } from '../../targets/cuda/kernels/index.ts';
import { installed } from '../cpu-build.ts';
import { everyCase, faultsOf } from '../cuda-formats.ts';
import { addresses } from '../cuda-shim.ts';

describe.skipIf(!installed('g++'))('under sanitizers, in one program', () => {
  test('loops', () => {
    expect(faultsOf(everyCase(), [], ['-O0', ...addresses])).toEqual([]);
  });
  test.skipIf(kernels.length === 0)('kernels', () => {
    expect(faultsOf(everyCase(), kernels, ['-O0', ...addresses])).toEqual([]);
  });
});
