/** The parts of quantisation on numbers worked out by hand: options, ranges, grids, k-means, multipliers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { realsOf, roundWeights } from '../src/quantize/grids.ts';
import type { Histogram } from '../src/quantize/histogram.ts';
import { emptyHistogram, observe, shareBeyond, thresholdOf } from '../src/quantize/histogram.ts';
import { centresOf, nearestCentre } from '../src/quantize/k-means.ts';
import { multiplierFor } from '../src/quantize/multiplier.ts';
import { parseQuantize } from '../src/quantize/options.ts';
import { spread } from '../src/quantize/runs.ts';

const f32 = (...numbers: readonly number[]): Float32Array<ArrayBuffer> => Float32Array.from(numbers);

describe('options', () => {
  test('have usual values', () => {
    expect(parseQuantize('weights=int8')).toEqual({ kind: 'calibrated', weights: { kind: 'int8' }, samples: 128 });
    expect(parseQuantize('activations=int8')).toEqual({
      kind: 'calibrated',
      weights: { kind: 'int8' },
      activations: { ranges: { kind: 'mse' }, equalise: true },
      samples: 128,
    });
    expect(parseQuantize('weights=codebook:16,activations=int8,ranges=percentile:99.9,samples=7')).toEqual({
      kind: 'calibrated',
      weights: { kind: 'codebook', values: 16 },
      activations: { ranges: { kind: 'percentile', share: 0.9990000000000001 }, equalise: true },
      samples: 7,
    });
    expect(parseQuantize('qdq')).toEqual({ kind: 'qdq' });
  });

  test.each([
    ['weigths=int8', '"weigths=int8" is nothing that can be said of quantisation', 'did you mean "weights"?'],
    ['int8', '"int8" is nothing that can be said of quantisation', 'write e.g. weights=int8,activations=int8, or qdq'],
    ['weights=int8,weights=int4', '"weights" is said twice', 'say it once'],
    ['weights=int3', 'weights cannot be "int3"', 'weights are int8, int4, po2, f16 or codebook:N with N in 2..256'],
    [
      'weights=codebook:1',
      'weights cannot be "codebook:1"',
      'weights are int8, int4, po2, f16 or codebook:N with N in 2..256',
    ],
    [
      'activations=int4',
      'activations cannot be "int4"',
      'say activations=int8, or leave it out to round weights alone',
    ],
    [
      'weights=int8,ranges=mse',
      '"ranges" are those of activations, which stay real numbers',
      'say activations=int8 as well',
    ],
    [
      'activations=int8,ranges=percentile:101',
      'ranges cannot be "percentile:101"',
      'ranges are mse, minmax or percentile:P with P in 50..100',
    ],
    [
      'weights=f16,activations=int8',
      'weights of f16 are no whole numbers, which activations=int8 takes',
      'say weights=int8, or leave out activations',
    ],
    ['samples=0', '"samples" cannot be "0"', 'say how many, e.g. samples=64'],
  ])('%s', (text, message, hint) => {
    expect(parseQuantize(text)).toEqual([message, hint]);
  });

  test('samples are spread evenly', () => {
    expect(spread([0, 1, 2, 3, 4, 5, 6], 3)).toEqual([0, 2, 4]);
    expect(spread([0, 1], 3)).toEqual([0, 1]);
  });
});

describe('ranges', () => {
  const of = (...parts: readonly (readonly number[])[]): Histogram => {
    const h = emptyHistogram();
    for (const part of parts) observe(h, f32(...part));
    return h;
  };

  test('minmax is the largest magnitude, whatever came first', () => {
    expect(thresholdOf(of([1, -3], [0.5], [2]), { kind: 'minmax' }, 127)).toBe(3);
    expect(thresholdOf(of([0, 0]), { kind: 'minmax' }, 127)).toBe(0);
    expect(thresholdOf(of([0.001], [8, Number.NaN, Number.POSITIVE_INFINITY]), { kind: 'minmax' }, 127)).toBe(8);
  });

  test('numbers that are not finite are counted', () => {
    expect(of([1, Number.NaN, Number.NEGATIVE_INFINITY]).notFinite).toBe(2);
  });

  test('a percentile leaves so many out, zeros counted', () => {
    const numbers = Array.from({ length: 1000 }, (_, i) => i / 1000);
    const h = of(numbers);
    expect(thresholdOf(h, { kind: 'percentile', share: 0.9 }, 127)).toBeCloseTo(0.9, 2);
    expect(thresholdOf(h, { kind: 'percentile', share: 1 }, 127)).toBeCloseTo(0.999, 6);
    expect(shareBeyond(h, 0.9)).toBeCloseTo(0.1, 2);
    expect(shareBeyond(h, 1)).toBe(0);
    const half = of([...Array<number>(500).fill(0), ...numbers.slice(500)]);
    expect(thresholdOf(half, { kind: 'percentile', share: 0.5 }, 127)).toBeLessThan(0.51);
  });

  test('the least square error saturates one number that is far from all others, and none where none is', () => {
    const even = Array.from({ length: 4096 }, (_, i) => (i - 2048) / 2048);
    const all = of(even);
    expect(thresholdOf(all, { kind: 'mse' }, 127)).toBeGreaterThan(0.97);
    // At the threshold t the error is 4096 · t² / (12 · 127²) and (20 − t)²: 4 steps, where the sum is least, is far below 20.
    const far = of([...even, 20]);
    const threshold = thresholdOf(far, { kind: 'mse' }, 7);
    expect(threshold).toBeGreaterThan(0.9);
    expect(threshold).toBeLessThan(20);
    const error = (t: number): number => (4096 * t * t) / (12 * 49) + (20 - t) ** 2;
    expect(error(threshold)).toBeLessThan(1.1 * error(20 / (1 + 4096 / (12 * 49))));
  });

  test('is that of one histogram, in however many parts the numbers came', () => {
    const numbers = Array.from({ length: 3000 }, (_, i) => Math.sin(i) * (1 + i / 100));
    const whole = of(numbers);
    const parts = of(numbers.slice(0, 100), numbers.slice(100, 1000), numbers.slice(1000));
    expect(parts.count).toBe(whole.count);
    for (const rule of [{ kind: 'mse' }, { kind: 'percentile', share: 0.99 }] as const)
      expect(thresholdOf(parts, rule, 127) / thresholdOf(whole, rule, 127)).toBeCloseTo(1, 1);
  });
});

describe('grids', () => {
  test('int8 takes each row to 127, and zeros stay', () => {
    const { wholes, scales, reals, exact } = roundWeights({ kind: 'int8' }, f32(1.27, -0.635, 0, 0.01, 0, 0), 2);
    expect([...wholes]).toEqual([127, -64, 0, 127, 0, 0]);
    expect(scales).toEqual([Math.fround(Math.fround(1.27) / 127), Math.fround(Math.fround(0.01) / 127)]);
    expect(reals).toEqual(realsOf(wholes, scales));
    expect(exact).toBe(true);
    expect(roundWeights({ kind: 'int8' }, f32(0, 0), 1)).toMatchObject({ scales: [1], reals: f32(0, 0) });
  });

  test('int4 cuts a weight that would spoil all others', () => {
    const row = [...Array<number>(60).fill(0.5), 7.4];
    const { wholes, scales } = roundWeights({ kind: 'int4' }, f32(...row), 1);
    expect(Math.max(...wholes)).toBeLessThanOrEqual(7);
    const error = (scale: number): number =>
      row.reduce((sum, w) => sum + (w - Math.min(7, Math.round(w / scale)) * scale) ** 2, 0);
    expect(error(scales[0])).toBeLessThan(error(7.4 / 7));
  });

  test('po2 rounds to the power that is nearer, halves of a step upwards', () => {
    // The scale is the highest power over 64: 2 / 64. Between 1 and 2 the middle is 1.5.
    const { wholes, scales } = roundWeights(
      { kind: 'po2' },
      f32(1.6, 1.4, -0.76, -0.74, 0.03125, 0.0155, 0.0156251, 0),
      1,
    );
    expect(scales).toEqual([2 / 64]);
    expect([...wholes]).toEqual([64, 32, -32, -16, 1, 0, 1, 0]);
  });

  test('codebook leaves zeros alone and has no more values than asked for', () => {
    const weights = f32(...Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? 0 : Math.sin(i))));
    const { wholes, reals, exact } = roundWeights({ kind: 'codebook', values: 4 }, weights, 4);
    expect(exact).toBe(false);
    expect(new Set(reals).size).toBe(5);
    expect(new Set(wholes).size).toBeLessThanOrEqual(5);
    expect(weights.every((w, i) => w !== 0 || (wholes[i] === 0 && reals[i] === 0))).toBe(true);
  });

  test('whatever the weights, whole ones are bounded and near', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 4, maxLength: 24 }),
        fc.constantFrom('int8', 'int4', 'po2'),
        (numbers, kind) => {
          const data = f32(...numbers.slice(0, numbers.length - (numbers.length % 2)));
          const { wholes, scales, reals } = roundWeights({ kind }, data, 2);
          const most = { int8: 127, int4: 7, po2: 64 }[kind];
          expect(wholes.every((w) => Math.abs(w) <= most)).toBe(true);
          expect(scales.every((s) => s > 0 && s < Infinity && Math.fround(s) === s)).toBe(true);
          expect(data.every((w, i) => w !== 0 || reals[i] === 0)).toBe(true);
          const steps = data.map((w, i) => Math.abs(w - reals[i]) / scales[Math.floor((2 * i) / data.length)]);
          if (kind === 'int8') expect(Math.max(...steps)).toBeLessThanOrEqual(0.51);
        },
      ),
      { seed: 7, numRuns: 100 },
    );
  });
});

describe('k-means', () => {
  test('finds clusters, and numbers themselves where they are few', () => {
    expect(centresOf(f32(3, 1, 3, 2), 4)).toEqual([1, 2, 3]);
    expect(centresOf(f32(0, 1, 2, 10, 11, 12, 101, 99), 3)).toEqual([1, 11, 100]);
    expect(centresOf(f32(), 3)).toEqual([]);
  });

  test('does not depend on the order, and every number goes to the nearest', () => {
    const numbers = f32(...Array.from({ length: 500 }, (_, i) => Math.sin(i * 1.7) ** 3));
    const centres = centresOf(numbers, 16);
    expect(centresOf(numbers.toReversed(), 16)).toEqual(centres);
    expect(centres.length).toBe(16);
    for (const x of numbers) {
      const nearest = Math.min(...centres.map((c) => Math.abs(c - x)));
      expect(Math.abs(centres[nearestCentre(centres, x)] - x)).toBe(nearest);
    }
  });
});

describe('multipliers', () => {
  test('powers of two have such', () => {
    expect(multiplierFor(1)).toEqual({ multiplier: 2 ** 14, shift: 14 });
    expect(multiplierFor(2 ** -20)).toEqual({ multiplier: 2 ** 14, shift: 34 });
    expect(multiplierFor(0)).toEqual({ multiplier: 0, shift: 1 });
    expect(multiplierFor(2 ** 13)).toEqual({ multiplier: 2 ** 14, shift: 1 });
    expect(multiplierFor(2 ** 14)).toBeUndefined();
    expect(multiplierFor(Number.NaN)).toBeUndefined();
  });

  test('are as near as 15 bits go', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -32, max: 2 ** 13, noNaN: true }), (factor) => {
        const { multiplier, shift } = multiplierFor(factor) ?? expect.unreachable();
        expect(multiplier >= 2 ** 14 && multiplier < 2 ** 15 && shift >= 1 && shift <= 46).toBe(true);
        expect(Math.abs(multiplier / 2 ** shift / factor - 1)).toBeLessThanOrEqual(2 ** -15);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
