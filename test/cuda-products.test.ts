/** Products on tensor cores, run on this machine: every way of the weights against plain sums over all of them. */
import { expect, test } from 'vitest';
import { installed } from './cpu-build.ts';
import { productFaults } from './cuda-product-cases.ts';

test.skipIf(!installed('g++'))('every way gives what sums over all weights give', () => {
  expect(productFaults(['-O0'])).toEqual([]);
});
