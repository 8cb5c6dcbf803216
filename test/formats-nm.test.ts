/** Which n:m patterns are proposed and refused, in exact words and against a search. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nm } from '../src/formats/nm.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { matrix } from '../src/tensor/matrix.ts';
import { drawn, sown } from './formats/drawn.ts';

test('finds 2:4 and offers places and ranks', () => {
  const m = drawn(8, '12..3..4', '.12..5.6');
  expect(nm.detect(m).fits).toEqual([
    { n: 2, m: 4, rank: 0 },
    { n: 2, m: 4, rank: 1 },
  ]);
  // 8 values; 8 places of 2 bits; 4 ranks of 3 bits, one byte more to read them in pairs, and 6 rows of 2 places.
  expect(nm.cost(m, { n: 2, m: 4, rank: 0 })).toEqual({ bytes: 34, multiplies: 8, lookups: 8, tests: 0 });
  expect(nm.cost(m, { n: 2, m: 4, rank: 1 })).toEqual({ bytes: 47, multiplies: 8, lookups: 8, tests: 0 });
});

test('spends the bits that the pattern needs', () => {
  const bits = (n: number, m: number, rank: 0 | 1): number => {
    const wide = sown(64, 64 * m, 64 * m, (_, c) => c % m < n);
    const { parts } = nm.pack(wide, { n, m, rank });
    return (8 * (parts.idx.byteLength - (parts.idx.byteLength % 64))) / (64 * 64);
  };
  expect([bits(2, 4, 0), bits(4, 8, 0), bits(1, 4, 0), bits(1, 16, 0)]).toEqual([4, 12, 2, 4]);
  expect([bits(2, 4, 1), bits(4, 8, 1)]).toEqual([3, 7]);
});

test('ranks places in lexicographic order', () => {
  const { parts } = nm.pack(drawn(4, '12..', '1.2.', '1..2', '.12.', '.1.2', '..12'), { n: 2, m: 4, rank: 1 });
  expect(Array.from(parts.tab)).toEqual([0, 1, 0, 2, 0, 3, 1, 2, 1, 3, 2, 3]);
  // 0 1 2 3 4 5 in 3 bits each, from the lowest bit up.
  expect(Array.from(parts.idx)).toEqual([0b10_001_000, 0b1_100_011_0, 0b10, 0]);
});

test('names the first group that breaks a pattern', () => {
  const m = drawn(12, '12......3..4', '.1.......1..', '............', '1..2....123.');
  expect(nm.detect(m).refused).toEqual([
    { params: { n: 2, m: 4, rank: 0 }, reason: 'row 3 has 3 nonzeros in columns 8..11' },
    { params: { n: 1, m: 4, rank: 0 }, reason: 'row 0 has 2 nonzeros in columns 0..3' },
    { params: { n: 1, m: 16, rank: 0 }, reason: 'has runs of 12 columns, and a group takes 16' },
  ]);
});

test('groups lie inside runs, and the last of a run may be short', () => {
  const m = drawn(6, '....1212....', '....12......');
  expect(nm.detect(m).refused[0].reason).toBe('row 0 has 2 nonzeros in columns 4..5');
  expect(nm.detect(drawn(1, '1..1')).refused[0].reason).toBe('has runs of 1 column, and a group takes 4');
});

test('groups run along input channels, not along taps', () => {
  // Each tap of each channel pair is 1:2 along the channels; along the taps of one channel all are kept.
  const m = sown(4, 9 * 8, 8, (row, column) => (column + row) % 2 === 0);
  expect(nm.detect(m).fits[0]).toEqual({ n: 1, m: 2, rank: 0 });
  const alongTaps = sown(4, 9 * 8, 8, (_, column) => Math.floor(column / 8) % 2 === 0);
  expect(nm.detect(alongTaps).fits).toEqual([]);
});

test('tiles that keep two of four along rows and along columns are 2:4 either way up', () => {
  const rows = [3, 5, 6, 9, 10, 12];
  const all = rows.flatMap((a) => rows.flatMap((b) => rows.flatMap((c) => rows.map((d) => [a, b, c, d]))));
  const evenly = (tile: readonly number[]) =>
    [0, 1, 2, 3].every((column) => tile.reduce((sum, row) => sum + ((row >> column) & 1), 0) === 2);
  // The 90 of the patterns that are balanced both ways: Ma et al., "Effective Model Sparsification", ICLR 2022.
  const tiles = all.filter(evenly);
  expect(tiles).toHaveLength(90);
  const keeps = (row: number, column: number) => ((tiles[Math.floor(column / 4)][row] >> (column % 4)) & 1) === 1;
  for (const m of [sown(4, 360, 360, keeps), sown(360, 4, 4, (row, column) => keeps(column, row))])
    for (const rank of [0, 1] as const) {
      const params = { n: 2, m: 4, rank };
      expect(nm.detect(m).fits).toContainEqual(params);
      expect(nm.unpack(nm.pack(m, params), params).data).toEqual(m.data);
    }
});

test('kept zeros count, and weights under a mask do not', () => {
  const m = { ...drawn(4, '1111', '....'), mask: Uint8Array.from([1, 0, 0, 0, 1, 1, 1, 0]) };
  expect(nm.detect(m).refused.map((r) => r.reason)).toContain('row 1 has 3 nonzeros in columns 0..3');
});

test('offers no pattern that leaves nothing out', () => {
  expect(nm.detect(drawn(6, '111.11')).fits).toEqual([]);
});

test('agrees with a search', () => {
  const sizes = fc.record({ run: fc.integer({ min: 1, max: 18 }), taps: fc.integer({ min: 1, max: 3 }) });
  fc.assert(
    fc.property(
      sizes,
      fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
      fc.integer({ min: 1, max: 9 }),
      ({ run, taps }, stream, zeros) => {
        const data = Array.from({ length: 3 * run * taps }, () => ((stream.next().value ?? 0) >= zeros ? 1 : 0));
        const m = matrix(3, run * taps, run, data);
        const { fits, refused } = nm.detect(m);
        for (const { n, m: width } of fits) expect(firstExcess(m, n, width)).toBeUndefined();
        for (let width = 2; width <= Math.min(16, run); width++)
          for (let n = 1; n < width && (width <= 8 ? n <= 4 : n === 1); n++) {
            const entries = 3 * taps * Math.ceil(run / width) * n;
            if (firstExcess(m, n, width) || entries >= data.length) continue;
            const offered = fits.map((p) => nm.cost(m, p));
            const cost = nm.cost(m, { n, m: width, rank: 0 });
            expect(offered.some((c) => c.bytes <= cost.bytes && c.multiplies <= cost.multiplies)).toBe(true);
          }
        for (const { params, reason } of refused)
          expect(reason).toBe(
            params.m > run
              ? `has runs of ${run} column${run === 1 ? '' : 's'}, and a group takes ${params.m}`
              : firstExcess(m, params.n, params.m),
          );
      },
    ),
  );
});

function firstExcess(m: Matrix, n: number, width: number): string | undefined {
  for (let row = 0; row < m.rows; row++)
    for (let start = 0; start < m.columns; start += m.run)
      for (let first = start; first < start + m.run; first += width) {
        const end = Math.min(first + width, start + m.run);
        const count = m.data.slice(row * m.columns + first, row * m.columns + end).filter((v) => v !== 0).length;
        if (count > n) return `row ${row} has ${count} nonzeros in columns ${first}..${end - 1}`;
      }
  return undefined;
}
