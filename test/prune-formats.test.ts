/** Masks are found again by the formats that are made for them, stored bit for bit, and computed from what is stored. */
import { describe, expect, test } from 'vitest';
import { formats } from '../src/formats/index.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { wordsOf } from '../src/tensor/matrix.ts';
import type { Encoding } from '../src/tensor/type.ts';
import { panel } from '../src/tensor/type.ts';
import type { Sample } from './ops/law.ts';
import { meaning, runLoops, some, value } from './ops/law.ts';
import { conv } from './ops/makers.ts';
import { gaussian, maskFor, pruned } from './prune/kit.ts';

describe.each([
  ['unstructured:0.9', 'stretched', {}],
  ['block:4x1:0.9', 'block', { r: 4, c: 1 }],
  ['block:4x1:0.9', 'vec', { r: 4 }],
  ['block:8x1:0.9', 'block', { r: 8, c: 1 }],
  ['block:2x4:0.9', 'block', { r: 2, c: 4 }],
  ['nm:2:4', 'nm', { n: 2, m: 4 }],
  ['nm:1:16', 'nm', { n: 1, m: 16 }],
  ['punched:8x4:0.75', 'punched', { f: 8, c: 4 }],
  ['pattern:4/9', 'pattern', { patterns: 8 }],
  ['pattern:4/9:0.5', 'pattern', { patterns: 8 }],
  ['gs:8,1:0.8', 'gs', { b: 8, k: 1, scatter: 0 }],
  ['gs:8,2:0.8', 'gs', { b: 8, k: 2, scatter: 0 }],
  ['gs:8,8:0.8', 'gs', { b: 8, k: 8, scatter: 0 }],
  ['gs:16,1:0.8', 'gs', { b: 16, k: 1, scatter: 0 }],
  ['gs:8,1:0.8:scatter', 'gs', { b: 8, k: 1, scatter: 1 }],
  ['gs:8,2:0.8:scatter', 'gs', { b: 8, k: 2, scatter: 1 }],
  ['gs:16,1:0.8:scatter', 'gs', { b: 16, k: 1, scatter: 1 }],
] as const)('%s is seen as %s %o', (text, name, params) => {
  const whole = gaussian(32, 9, 16);
  const m = pruned(whole, maskFor(text, whole));
  const format = formats.find((f) => f.name === name) ?? expect.unreachable();
  const layer = { ...m, plane: { across: 3, dilation: [1, 1], pitch: 5, size: 4 * 5 } };
  const { fits, refused } = format.detect(layer);
  const found = fits.find((fit) => Object.entries(params).every(([key, v]) => fit[key] === v));

  test('and what is stored is every weight', () => {
    expect(found, JSON.stringify(refused)).toBeDefined();
    const { data } = format.unpack(format.pack(layer, found ?? {}), found ?? {});
    // What is cut is 0, also where the product with the mask is −0.
    const words = wordsOf(m.data.map((w) => (w === 0 ? 0 : w)));
    expect(wordsOf(data).findIndex((word, at) => word !== words[at])).toBe(-1);
  });

  // Sums in another order: 1e-5 of the sum of all magnitudes that go into them.
  test('and the loops compute the layer from it, borders and all', () => {
    const sample = sampleOf(m);
    const want = meaning(sample);
    const bounds = meaning(magnitudesOf(sample));
    const encoding: Encoding = { format: name, params: found ?? {} };
    const got = runLoops(sample, { x: panel(4), result: panel(4) }, encoding);
    for (const [at, bound] of bounds.entries()) expect(Math.abs(got[at] - want[at])).toBeLessThanOrEqual(1e-5 * bound);
  });
});

/** A 3x3 convolution of a 3x4 picture with a border of one pixel. */
const sampleOf = ({ data }: Matrix): Sample => ({
  op: conv({ pad: [1, 1, 1, 1] }),
  values: [some('f32', [1, 3, 4, 16]), value('f32', [32, 3, 3, 16], data), some('f32', [32], 2)],
});

const magnitudesOf = ({ op, values }: Sample): Sample => ({
  op,
  values: values.map(({ type, data }) => value('f32', type.shape, Array.from(data, Math.abs))),
});
