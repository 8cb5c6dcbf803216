/** Masks are found again by the formats that are made for them. */
import { expect, test } from 'vitest';
import { formats } from '../src/formats/index.ts';
import { gaussian, maskFor, pruned } from './prune/kit.ts';

test.each([
  ['block:4x1:0.9', 'block', { r: 4, c: 1 }],
  ['block:8x1:0.9', 'block', { r: 8, c: 1 }],
  ['block:2x4:0.9', 'block', { r: 2, c: 4 }],
  ['nm:2:4', 'nm', { n: 2, m: 4 }],
  ['nm:1:16', 'nm', { n: 1, m: 16 }],
  ['punched:8x4:0.75', 'punched', {}],
  ['pattern:4/9', 'pattern', { patterns: 8 }],
  ['pattern:4/9:0.5', 'pattern', { patterns: 8 }],
  ['gs:16,1:0.8', 'gs', { b: 16, k: 1, scatter: 0 }],
  ['gs:8,8:0.8', 'gs', { b: 8, k: 8, scatter: 0 }],
  ['gs:16,1:0.8:scatter', 'gs', { b: 16, k: 1, scatter: 1 }],
])('%s is seen as %s %o', (text, name, params) => {
  const m = gaussian(64, 9, 64);
  const format = formats.find((f) => f.name === name);
  const { fits = [], refused } = format?.detect(pruned(m, maskFor(text, m))) ?? {};
  expect(fits, JSON.stringify(refused)).toContainEqual(expect.objectContaining(params));
});
