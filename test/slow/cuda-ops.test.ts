/** Every operator and every format as CUDA C++, from its loops and by kernels, watched by sanitizers. */
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { kernels } from '../../targets/cuda/kernels/index.ts';
import { installed } from '../cpu-build.ts';
import { everyCase, faultsOf } from '../cuda-formats.ts';
import { programOf, runProgram } from '../cuda-kit.ts';
import { addresses } from '../cuda-shim.ts';
import { allChains, chains } from '../gpu-fuse-graphs.ts';
import { largestError } from '../passes/compare.ts';

describe.skipIf(!installed('g++'))('under sanitizers, in one program', () => {
  test('loops', () => {
    expect(faultsOf(everyCase(), [], ['-O0', ...addresses])).toEqual([]);
  });
  test('loops that were several steps', () => {
    const inputs = randomInputs(allChains, 7);
    const program = programOf(allChains, []);
    expect(program.plan.steps).toHaveLength(chains.length);
    const got = runProgram(program, inputs, ['-O1', ...addresses]);
    expect(largestError(evaluate(allChains, inputs), got).error).toBeLessThan(1e-6);
  });
  test.skipIf(kernels.length === 0)('kernels', () => {
    expect(faultsOf(everyCase(), kernels, ['-O0', ...addresses])).toEqual([]);
  });
});
