/** Networks by warpgroups whose values lie in pieces, in both of their numbers, under sanitizers. */
import { expect, test } from 'vitest';
import { cuda } from '../../targets/cuda/target.ts';
import { installed } from '../cpu-build.ts';
import { addresses } from '../cuda-shim.ts';
import { runWidePieces } from '../cuda-warpgroup-pieces.ts';

test.skipIf(!installed('g++')).each(['f16', 'bf16'] as const)(
  'a network by warpgroups in %s is as near as it is said to be, and touches nothing that is not its own',
  (narrow) => {
    const { huge, less, ...others } = runWidePieces(narrow, ['-O1', ...addresses]);
    const limit = cuda.target({ arithmetic: narrow }).error ?? 0;
    const all = narrow === 'f16' ? others : { ...others, huge, less };
    expect(Object.entries(all).filter(([, { apart }]) => !(apart <= limit))).toEqual([]);
  },
);
