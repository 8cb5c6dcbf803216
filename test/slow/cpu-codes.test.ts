/** Dense layers that multiply weights in bytes: the same bits from every width of vectors, and nothing read outside arrays. */
import { expect, test } from 'vitest';
import { knownResults, otherBits, strict } from '../codes/bytes.ts';
import { sanitizers } from '../cpu-kernels/kit.ts';

test.each([
  ['AVX2, clang', { compiler: 'clang-19', flags: ['-mavx2', strict, ...sanitizers] }],
  ['SSE2', { compiler: 'gcc', flags: [strict, ...sanitizers] }],
  ['no vectors', { compiler: 'gcc', flags: ['-U__SSE2__', strict, ...sanitizers] }],
])('%s', (_, build) => {
  expect(otherBits(build, knownResults())).toEqual([]);
});
