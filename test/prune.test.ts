/** The laws of pruning patterns in src/prune/pruner.ts, and what each pattern promises besides. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patterns } from '../src/prune/index.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { matrix } from '../src/tensor/matrix.ts';
import { count, gaussian, keptShare, maskFor, prunerOf, ragged, tilesOf } from './prune/kit.ts';

const examples = [
  ...patterns.map((p) => p.example),
  'pattern:4/9:0.5',
  'pattern:2/9:0:3',
  'nm:1:16',
  'nm:4:8',
  'gs:8,8:0.9',
  'gs:8,2:0.7:scatter',
  'block:2x3:0.6',
];

describe.each(examples)('%s', (text) => {
  const pruner = prunerOf(text);
  const fits = ragged(text.startsWith('pattern') ? fc.constant(9) : undefined).filter(
    (m) => pruner.refuse(m) === undefined,
  );

  test('keeps something of every matrix that it does not refuse, and the same every time', () => {
    fc.assert(
      fc.property(fits, (m) => {
        const mask = maskFor(text, m);
        expect(mask.length).toBe(m.data.length);
        expect([...new Set(mask)].every((k) => k === 0 || k === 1)).toBe(true);
        expect(count(mask)).toBeGreaterThan(0);
        expect(maskFor(text, { ...m, data: m.data.slice() })).toEqual(mask);
      }),
      { numRuns: 60 },
    );
  });

  test('signs do not matter', () => {
    fc.assert(
      fc.property(fits, (m) => {
        const other = { ...m, data: m.data.map((w, at) => (at % 3 === 0 ? -w : w)) };
        expect(maskFor(text, other)).toEqual(maskFor(text, m));
      }),
      { numRuns: 20 },
    );
  });

  test.each([
    [30, 20],
    [17, 21],
    [64, 48],
  ])('keeps more of the squares of %i x %i x 9 normal weights than a random mask would', (rows, run) => {
    const m = gaussian(rows, 9, run, rows);
    const mask = maskFor(text, m);
    expect(keptShare(m, mask, (w) => w * w)).toBeGreaterThan(count(mask) / mask.length);
  });

  test('takes weights that are no numbers for the largest', () => {
    const m = gaussian(32, 9, 32);
    m.data.fill(Number.NaN, 0, 4);
    m.data[9] = Number.NEGATIVE_INFINITY;
    const mask = maskFor(text, m);
    expect(count(mask)).toBeGreaterThan(0);
    expect(count(mask)).toBeLessThan(mask.length);
  });
});

/** Kept and cut units in order: no cut one is better than a kept one, and none of two equal ones is cut before the later. */
function expectRanked(
  units: readonly (readonly number[])[],
  mask: Uint8Array,
  score: (unit: readonly number[]) => number,
) {
  const rows = units.map((unit) => ({ kept: mask[unit[0]], score: Math.fround(score(unit)) }));
  for (const [i, unit] of units.entries()) expect(new Set(unit.map((at) => mask[at])).size, `unit ${i}`).toBe(1);
  const worst = Math.min(...rows.filter((r) => r.kept === 1).map((r) => r.score));
  const best = Math.max(...rows.filter((r) => r.kept === 0).map((r) => r.score), 0);
  expect(best).toBeLessThanOrEqual(worst);
  const equal = rows.filter((r) => r.score === worst).map((r) => r.kept);
  expect(equal).toEqual([...equal].sort((a, b) => b - a));
}

const rms = (m: Matrix) => (unit: readonly number[]) =>
  Math.sqrt(unit.reduce((sum, at) => sum + m.data[at] ** 2, 0) / unit.length);

/** Within half a unit of the share asked for, or one unit. */
function expectShare(m: Matrix, mask: Uint8Array<ArrayBuffer>, density: number, largest: number) {
  const kept = count(mask);
  if (kept > largest) expect(Math.abs(kept - density * m.data.length)).toBeLessThanOrEqual(largest / 2 + 1e-6);
}

test('unstructured keeps the largest weights, as many as asked for, and of equals the first', () => {
  fc.assert(
    fc.property(ragged(), fc.integer({ min: 0, max: 99 }), (m, percent) => {
      const mask = maskFor(`unstructured:${percent / 100}`, m);
      expectShare(m, mask, 1 - percent / 100, 1);
      expectRanked(
        [...m.data.keys()].map((at) => [at]),
        mask,
        ([at]) => Math.abs(m.data[at]),
      );
    }),
  );
  expect([...maskFor('unstructured:0.5', matrix(1, 6, 6, [1, -1, 1, 1, 2, 0]))]).toEqual([1, 1, 0, 0, 1, 0]);
});

test.each([
  [4, 1],
  [8, 1],
  [1, 4],
  [3, 2],
  [16, 16],
])('block:%ix%i keeps or cuts whole blocks at one tap, those with the largest mean square', (r, c) => {
  fc.assert(
    fc.property(ragged(), fc.integer({ min: 5, max: 95 }), (m, percent) => {
      const mask = maskFor(`block:${r}x${c}:${percent / 100}`, m);
      expectRanked(tilesOf(m, r, c), mask, rms(m));
      expectShare(m, mask, 1 - percent / 100, r * c);
    }),
  );
});

test.each([
  [8, 4],
  [4, 2],
  [5, 3],
])(
  'punched:%ix%i cuts the same taps of all filters and channels of a block, by their norms over the filters',
  (fb, cb) => {
    fc.assert(
      fc.property(ragged(), fc.integer({ min: 5, max: 95 }), (m, percent) => {
        const mask = maskFor(`punched:${fb}x${cb}:${percent / 100}`, m);
        expectRanked(tilesOf(m, fb, cb), mask, (unit) => {
          const norms = new Map<number, number>();
          for (const at of unit) norms.set(at % m.columns, (norms.get(at % m.columns) ?? 0) + m.data[at] ** 2);
          const height = unit.length / norms.size;
          return [...norms.values()].reduce((sum, n) => sum + Math.sqrt(n), 0) / (norms.size * Math.sqrt(height));
        });
        expectShare(m, mask, 1 - percent / 100, fb * cb);
      }),
    );
  },
);

test('punched:8x4:0.75 of 64x64x3x3 leaves a quarter, to the last weight', () => {
  const m = gaussian(64, 9, 64);
  expect(count(maskFor('punched:8x4:0.75', m))).toBe((64 * 64 * 9) / 4);
});

test('channel cuts whole rows', () => {
  fc.assert(
    fc.property(ragged(), (m) => {
      const mask = maskFor('channel:0.5', m);
      const rows = Array.from({ length: m.rows }, (_, row) =>
        Array.from({ length: m.columns }, (__, column) => row * m.columns + column),
      );
      expectRanked(rows, mask, rms(m));
      const kept = count(mask) / m.columns;
      expect(Math.abs(kept - m.rows / 2)).toBeLessThanOrEqual(0.5);
    }),
  );
});

test.each([
  [2, 4],
  [1, 4],
  [4, 8],
  [1, 16],
  [3, 5],
])('nm:%i:%i keeps the largest of consecutive input channels at one tap, in short groups too', (n, m) => {
  fc.assert(
    fc.property(
      ragged().filter(({ run }) => run >= m),
      (weights) => {
        const mask = maskFor(`nm:${n}:${m}`, weights);
        for (const group of tilesOf(weights, 1, m)) {
          const sizes = group.map((at) => Math.abs(weights.data[at]));
          const best = group
            .map((at, i) => ({ at, size: sizes[i] }))
            .sort((a, b) => b.size - a.size || a.at - b.at)
            .slice(0, n)
            .map(({ at }) => at);
          expect(group.filter((at) => mask[at] === 1)).toEqual(best.sort((a, b) => a - b));
        }
      },
    ),
  );
});

describe('pattern', () => {
  const kernelsOf = (m: Matrix, mask: Uint8Array): readonly string[] =>
    Array.from({ length: m.rows * m.run }, (_, kernel) => {
      const first = Math.floor(kernel / m.run) * m.columns + (kernel % m.run);
      return Array.from({ length: m.columns / m.run }, (__, tap) => mask[first + tap * m.run]).join('');
    });
  const squaresOf = (m: Matrix, kernel: number, taps: string): number => {
    const first = Math.floor(kernel / m.run) * m.columns + (kernel % m.run);
    return [...taps].reduce((sum, k, tap) => sum + (k === '1' ? m.data[first + tap * m.run] ** 2 : 0), 0);
  };
  const ones = (taps: string): number => [...taps].filter((k) => k === '1').length;

  test.each([
    [4, 9, 8],
    [5, 9, 13],
    [1, 4, 2],
    [6, 25, 8],
  ])('%i/%i: each kernel keeps so many taps, in the best of %i ways', (k, taps, ways) => {
    fc.assert(
      fc.property(ragged(fc.constant(taps)), (m) => {
        const kernels = kernelsOf(m, maskFor(`pattern:${k}/${taps}:0:${ways}`, m));
        const found = new Set(kernels);
        expect(found.size).toBeLessThanOrEqual(ways);
        const best = kernels.map((_, i) => Math.max(...[...found].map((way) => squaresOf(m, i, way))));
        expect(kernels.filter((kept) => ones(kept) !== k)).toEqual([]);
        expect(kernels.filter((kept, i) => squaresOf(m, i, kept) < best[i] * (1 - 1e-12))).toEqual([]);
      }),
    );
  });

  test('the ways are those that are best for most kernels', () => {
    const kernel = (at: number): readonly number[] =>
      Array.from({ length: 9 }, (_, tap) => (tap === at ? 3 : tap / 100));
    // Three kernels have their weight at the centre, two at the first corner and one at the second tap.
    const tops = [4, 0, 4, 1, 0, 4].map(kernel);
    const m = matrix(
      1,
      54,
      6,
      Array.from({ length: 54 }, (_, at) => tops[at % 6][Math.floor(at / 6)]),
    );
    const kernels = kernelsOf(m, maskFor('pattern:1/9:0:2', m));
    expect(kernels.slice(0, 3)).toEqual(['000010000', '100000000', '000010000']);
    expect(kernels[3]).toBe('000010000');
  });

  test('connectivity: every filter keeps as many kernels as every other, its best', () => {
    fc.assert(
      fc.property(ragged(fc.constant(9)), fc.integer({ min: 0, max: 99 }), (m, percent) => {
        const all = kernelsOf(m, maskFor('pattern:4/9', m));
        const some = kernelsOf(m, maskFor(`pattern:4/9:${percent / 100}`, m));
        const lengths = new Set<number>();
        for (let row = 0; row < m.rows; row++) {
          const own = Array.from({ length: m.run }, (_, channel) => row * m.run + channel);
          const kept = own.filter((i) => ones(some[i]) > 0);
          lengths.add(kept.length);
          expect(kept.every((i) => some[i] === all[i])).toBe(true);
          const worst = Math.min(...kept.map((i) => squaresOf(m, i, all[i])));
          const best = Math.max(0, ...own.filter((i) => ones(some[i]) === 0).map((i) => squaresOf(m, i, all[i])));
          expect(Math.fround(Math.sqrt(best / 4))).toBeLessThanOrEqual(Math.fround(Math.sqrt(worst / 4)));
        }
        const [perFilter, ...others] = lengths;
        expect(others).toEqual([]);
        const wanted = Math.max(1, (m.run * (100 - percent)) / 100);
        expect(Math.abs(perFilter - wanted)).toBeLessThanOrEqual(0.5 + 1e-9);
      }),
    );
  });

  test('says which kernels it is not for', () => {
    expect(prunerOf('pattern:4/9').refuse(gaussian(4, 1, 8))).toBe('has kernels of 1 tap, and the pattern is of 9');
    expect(prunerOf('pattern:4/9').refuse(gaussian(4, 25, 8))).toBe('has kernels of 25 taps, and the pattern is of 9');
  });
});

test('input channels are neighbours, not the taps of one channel', () => {
  // Taps 0 and 1 of two channels, as O, H, W, I: the large ones are all of tap 0.
  const m = matrix(1, 8, 4, [9, 8, 7, 6, 1, 2, 3, 4]);
  expect([...maskFor('nm:2:4', m)]).toEqual([1, 1, 0, 0, 0, 0, 1, 1]);
  expect([...maskFor('block:1x4:0.5', m)]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
});
