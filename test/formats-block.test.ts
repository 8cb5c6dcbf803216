/** Which sizes of block are proposed and refused, in exact words and against a search. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { block } from '../src/formats/block.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { countLive, liveness } from '../src/tensor/matrix.ts';
import { drawn, sown } from './formats/drawn.ts';
import { random } from './models.ts';

test('finds 4x1 and what it is made of, and refuses the next sizes', () => {
  const next = random(1);
  const kept = Array.from({ length: 8 * 32 }, () => next() < 0.1);
  const m = sown(32, 32, 32, (row, column) => kept[Math.floor(row / 4) * 32 + column]);
  const { fits, refused } = block.detect(m);
  expect(fits).toEqual([
    { r: 2, c: 1 },
    { r: 4, c: 1 },
  ]);
  expect(refused.map(({ params }) => params)).toEqual([
    { r: 1, c: 2 },
    { r: 8, c: 1 },
  ]);
});

test('says what padding costs, and where it begins', () => {
  expect(block.detect(drawn(8, '12....6.', '34....5.', '........', '........'))).toEqual({
    fits: [
      { r: 1, c: 2 },
      { r: 2, c: 1 },
      { r: 2, c: 2 },
    ],
    refused: [
      { params: { r: 1, c: 4 }, reason: 'takes 16 entries for 6 weights: row 0 has 2 nonzeros in columns 0..3' },
      { params: { r: 4, c: 1 }, reason: 'takes 12 entries for 6 weights: rows 0..3 have 2 nonzeros in column 0' },
    ],
  });
  expect(block.detect(drawn(8, '12.3..4.')).fits).toEqual([{ r: 1, c: 2 }]);
  expect(block.detect(drawn(2, '1.', '.2')).refused[0].reason).toBe(
    'takes 4 entries for 2 weights: row 0 has 1 nonzero in columns 0..1',
  );
});

test('refuses blocks that leave nothing out', () => {
  expect(block.detect(drawn(2, '12', '34')).refused).toEqual([
    { params: { r: 1, c: 2 }, reason: 'takes 4 entries, and the whole matrix has 4' },
    { params: { r: 2, c: 1 }, reason: 'takes 4 entries, and the whole matrix has 4' },
  ]);
});

test('finds sizes that are no powers of two, in spite of zeros inside the blocks', () => {
  const next = random(2);
  const kept = Array.from({ length: 40 * 40 }, () => next() < 0.2);
  const m = sown(12 * 3, 20 * 5, 20 * 5, (row, column) => kept[Math.floor(row / 3) * 40 + Math.floor(column / 5)]);
  expect(block.detect(m).fits).toContainEqual({ r: 3, c: 5 });
  const noisy = { ...m, data: m.data.map((v, at) => (at % 97 === 0 ? 0 : v)) };
  expect(countLive(noisy)).toBeLessThan(countLive(m));
  expect(block.detect(noisy).fits).toContainEqual({ r: 3, c: 5 });
});

test('blocks do not straddle a run', () => {
  // Whole runs of 3 are kept: a block of 4 would have to reach into the next.
  const m = drawn(3, '123......', '...456...');
  expect(block.detect(m).fits).toContainEqual({ r: 1, c: 3 });
  expect(block.cost(m, { r: 1, c: 3 })).toEqual({
    bytes: 4 * 3 + 2 * 2 + 4 * 6,
    multiplies: 6,
    lookups: 2,
    tests: 0,
  });
  const { parts } = block.pack(m, { r: 2, c: 2 });
  expect(Array.from(parts.idx)).toEqual([0, 2, 3, 5]);
  expect(Array.from(parts.val)).toEqual([1, 0, 2, 0, 3, 0, 0, 0, 0, 4, 0, 5, 0, 6, 0, 0]);
});

test('agrees with a search', () => {
  const any = fc.record({
    rows: fc.integer({ min: 1, max: 20 }),
    run: fc.integer({ min: 1, max: 20 }),
    taps: fc.integer({ min: 1, max: 3 }),
    tall: fc.integer({ min: 1, max: 8 }),
    wide: fc.integer({ min: 1, max: 8 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(any, ({ rows, run, taps, tall, wide, share, seed }) => {
      const next = random(seed);
      const kept = Array.from({ length: 4096 }, () => next() < share);
      const m = sown(
        rows,
        run * taps,
        run,
        (row, column) => kept[Math.floor(row / tall) * 61 + Math.floor(column / wide)],
      );
      const { fits, refused } = block.detect(m);
      const weights = countLive(m);
      const suits = (r: number, c: number): boolean => {
        const entries = countBlocks(m, r, c) * r * c;
        return entries <= 1.5 * weights && (weights === 0 || entries < m.data.length);
      };
      for (const { r, c } of fits) expect([r, c, suits(r, c)]).toEqual([r, c, true]);
      for (const { params } of refused) expect([params, suits(params.r, params.c)]).toEqual([params, false]);
      for (const params of fits) expect(block.cost(m, params).lookups).toBe(countBlocks(m, params.r, params.c));
      const offered = new Set(fits.map(({ r, c }) => `${r}x${c}`));
      for (const r of [1, 2, 4, 8, 16])
        for (const c of [1, 2, 4, 8, 16])
          if (r * c > 1 && r <= rows && c <= run) expect([r, c, offered.has(`${r}x${c}`)]).toEqual([r, c, suits(r, c)]);
    }),
    { numRuns: 200 },
  );
});

test('blocks of every size are counted', () => {
  const sizes = fc.record({
    rows: fc.integer({ min: 1, max: 20 }),
    run: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(29, 30, 31, 32, 33, 63)),
    share: fc.double({ min: 0.01, max: 0.2, noNaN: true }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(sizes, ({ rows, run, share, seed }) => {
      const next = random(seed);
      const m = sown(rows, run * 2, run, () => next() < share);
      for (let r = 1; r <= 16; r += 1 + (seed & 3))
        for (let c = 1; c <= 16; c++) {
          expect([r, c, block.cost(m, { r, c }).lookups]).toEqual([r, c, countBlocks(m, r, c)]);
          expect(block.pack(m, { r, c }).parts.idx.length).toBe(countBlocks(m, r, c));
          expect(Array.from(block.unpack(block.pack(m, { r, c }), { r, c }).data)).toEqual(Array.from(m.data));
        }
    }),
    { numRuns: 40 },
  );
});

function countBlocks(m: Matrix, r: number, c: number): number {
  const live = liveness(m);
  const found = new Set<string>();
  live.forEach((kept, at) => {
    const [row, column] = [Math.floor(at / m.columns), at % m.columns];
    const [tap, k] = [Math.floor(column / m.run), column % m.run];
    if (kept) found.add(`${Math.floor(row / r)} ${tap} ${Math.floor(k / c)}`);
  });
  return found.size;
}
