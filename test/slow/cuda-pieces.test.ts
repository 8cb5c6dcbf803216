/** Networks whose values lie in pieces, in every arithmetic, under sanitizers. */
import { expect, test } from 'vitest';
import { cuda } from '../../targets/cuda/target.ts';
import { installed } from '../cpu-build.ts';
import { runPieces } from '../cuda-pieces.ts';
import { addresses } from '../cuda-shim.ts';

test.skipIf(!installed('g++')).each(['f16', 'bf16', 'tf32'] as const)(
  'a network in %s is as near as it is said to be',
  (arithmetic) => {
    const { huge, less, ...others } = runPieces(arithmetic, ['-O1', ...addresses]);
    const limit = cuda.target({ arithmetic }).error ?? 0;
    const all = arithmetic === 'f16' ? others : { ...others, huge, less };
    expect(Object.entries(all).filter(([, { apart }]) => !(apart <= limit))).toEqual([]);
  },
);
