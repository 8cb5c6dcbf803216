/** Layers pruned to each pattern, stored in the format that is made for it. */
import { expect } from 'vitest';
import type { Format } from '../../src/formats/format.ts';
import { formats } from '../../src/formats/index.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import type { Encoding, Layout } from '../../src/tensor/type.ts';
import type { Case } from '../cpu-kernels/kit.ts';
import type { Sample } from '../ops/law.ts';
import { meaning, some, value } from '../ops/law.ts';
import { conv } from '../ops/makers.ts';
import { gaussian, maskFor, pruned } from './kit.ts';

/** What to prune to, as people write it, the format, and some of its parameters. */
export const prunedAs: readonly (readonly [pattern: string, format: string, params: Encoding['params']])[] = [
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
];

export interface PrunedLayer {
  readonly format: Format;
  /** The weights, of 32 filters, 3x3 taps and 16 channels. */
  readonly matrix: Matrix;
  /** How they fit in the format; undefined where they do not. */
  readonly params: Encoding['params'] | undefined;
  /** The layer on a 3x4 picture with a border of one pixel. */
  readonly sample: Sample;
}

export function prunedLayer([pattern, name, wanted]: (typeof prunedAs)[number]): PrunedLayer {
  const whole = gaussian(32, 9, 16);
  const kept = pruned(whole, maskFor(pattern, whole));
  // A product with a mask makes −0 of some.
  const data = kept.data.map((w) => (w === 0 ? 0 : w));
  const matrix = { ...kept, data, plane: { across: 3, dilation: [1, 1], pitch: 5, size: 4 * 5 } };
  const format = formats.find((f) => f.name === name);
  if (!format) throw new Error(`there is no format "${name}"`);
  const params = format.detect(matrix).fits.find((fit) => Object.entries(wanted).every(([key, v]) => fit[key] === v));
  const values = [some('f32', [1, 3, 4, 16]), value('f32', [32, 3, 3, 16], data), some('f32', [32], 2)];
  return { format, matrix, params, sample: { op: conv({ pad: [1, 1, 1, 1] }), values } };
}

/** All of them as layers to build, with their operands and results in panels. */
export const builtLayers = (layout: Layout): readonly Case[] =>
  prunedAs.map((row) => {
    const { format, params = {}, sample } = prunedLayer(row);
    return {
      title: row[0],
      ...sample,
      layouts: { x: layout, result: layout },
      encoding: { format: format.name, params },
    };
  });

/** Sums may be in another order: 1e-5 of the sum of all magnitudes that go into them. */
export function expectNear(got: Numbers, { op, values }: Sample): void {
  const magnitudes = values.map(({ type, data }) => value('f32', type.shape, Array.from(data, Math.abs)));
  const [want, bounds] = [meaning({ op, values }), meaning({ op, values: magnitudes })];
  for (const [at, bound] of bounds.entries()) expect(Math.abs(got[at] - want[at])).toBeLessThanOrEqual(1e-5 * bound);
}
