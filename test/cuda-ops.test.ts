/** Every operator and every format as CUDA C++, kernels where they take it, against its meaning on this machine's processor. */
import { describe, expect, test } from 'vitest';
import { kernels } from '../targets/cuda/kernels/index.ts';
import { installed } from './cpu-build.ts';
import { everyCase, faultsOf } from './cuda-formats.ts';

describe.skipIf(!installed('g++'))('in one program', () => {
  test('every operator and every format computes what it means', () => {
    expect(faultsOf(everyCase(), kernels, ['-O0'])).toEqual([]);
  });
});
