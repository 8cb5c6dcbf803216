/** What formats propose and refuse, in exact words and against searches that are slow and obvious. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitmask } from '../src/formats/bitmask.ts';
import { block } from '../src/formats/block.ts';
import { csr } from '../src/formats/csr.ts';
import { dense } from '../src/formats/dense.ts';
import { nm } from '../src/formats/nm.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { countLive, liveness, matrix } from '../src/tensor/matrix.ts';
import { random } from './models.ts';

/** Rows of dots and digits: `1..2` is 1 0 0 2. */
const drawn = (run: number, ...rows: readonly string[]): Matrix =>
  matrix(
    rows.length,
    rows[0].length,
    run,
    rows.flatMap((row) => [...row].map((c) => (c === '.' ? 0 : Number(c)))),
  );

/** Weights of ±1 where `kept` says so, the same for the same seed. */
function sown(rows: number, columns: number, run: number, kept: (row: number, column: number) => boolean): Matrix {
  return matrix(
    rows,
    columns,
    run,
    Array.from({ length: rows * columns }, (_, at) =>
      kept(Math.floor(at / columns), at % columns) ? 1 + (at % 7) : 0,
    ),
  );
}

describe('nm', () => {
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
});

describe('block', () => {
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
            if (r * c > 1 && r <= rows && c <= run)
              expect([r, c, offered.has(`${r}x${c}`)]).toEqual([r, c, suits(r, c)]);
      }),
      { numRuns: 200 },
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
});

describe('the others', () => {
  const m = drawn(4, '1..2', '....', '3456');

  test('dense, csr and bitmask take any weights', () => {
    expect(dense.detect(m)).toEqual({ fits: [{}], refused: [] });
    expect(csr.detect(m)).toEqual({ fits: [{ index: 16 }, { index: 8 }], refused: [] });
    expect(bitmask.detect(m)).toEqual({ fits: [{}], refused: [] });
  });

  test('16 bits tell 65536 columns apart', () => {
    const row = (columns: number): Matrix =>
      matrix(1, columns, columns, new Float32Array(columns).fill(1, columns - 1));
    expect(csr.detect(row(65536)).fits).toEqual([{ index: 16 }, { index: 8 }]);
    expect(csr.detect(row(65537))).toEqual({
      fits: [{ index: 32 }, { index: 8 }],
      refused: [{ params: { index: 16 }, reason: 'has 65537 columns, and 16 bits tell 65536 apart' }],
    });
    expect(Array.from(csr.pack(row(65536), { index: 16 }).parts.idx)).toEqual([65535]);
    expect(Array.from(csr.pack(row(65537), { index: 32 }).parts.idx)).toEqual([65536]);
    expect(() => csr.pack(row(65537), { index: 16 })).toThrow('16 bits do not tell 65537 columns apart');
    expect(block.cost(row(65537), { r: 1, c: 1 }).bytes).toBe(4 * 2 + 4 + 4);
  });

  test('arrays are as drawn', () => {
    expect(csr.pack(m, { index: 16 }).parts).toEqual({
      pos: Int32Array.of(0, 2, 2, 6),
      idx: Uint16Array.of(0, 3, 0, 1, 2, 3),
      val: Float32Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(csr.pack(m, { index: 8 }).parts.idx).toEqual(Uint8Array.of(0, 2, 0, 0, 0, 0));
    expect(bitmask.pack(m, {}).parts).toEqual({
      pos: Int32Array.of(0, 2, 2),
      bits: Uint8Array.of(0b0000_1001, 0b1111),
      val: Float32Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(dense.cost(m, {})).toEqual({ bytes: 48, multiplies: 12, lookups: 0, tests: 0 });
    expect(csr.cost(m, { index: 16 })).toEqual({ bytes: 16 + 6 * 6, multiplies: 6, lookups: 6, tests: 0 });
    expect(csr.cost(m, { index: 8 })).toEqual({ bytes: 16 + 6 * 5, multiplies: 6, lookups: 6, tests: 0 });
    expect(bitmask.cost(m, {})).toEqual({ bytes: 12 + 2 + 24, multiplies: 6, lookups: 6, tests: 12 });
  });

  test('gaps beyond 8 bits are bridged', () => {
    const data = new Float32Array(1000);
    data[256] = 1;
    data[999] = 2;
    const wide = matrix(1, 1000, 1000, data);
    const { parts } = csr.pack(wide, { index: 8 });
    expect(parts).toEqual({
      pos: Int32Array.of(0, 5),
      idx: Uint8Array.of(255, 0, 255, 255, 230),
      val: Float32Array.of(0, 1, 0, 0, 2),
    });
    expect(csr.cost(wide, { index: 8 }).multiplies).toBe(5);
  });

  test('a gap of 255 needs no bridge', () => {
    const m = sown(1, 512, 512, (_, column) => column === 255 || column === 511);
    expect(csr.cost(m, { index: 8 }).multiplies).toBe(2);
    expect(csr.pack(m, { index: 8 }).parts.idx).toEqual(Uint8Array.of(255, 255));
  });

  test('weights that do not fit are a bug, not a loss', () => {
    expect(() => nm.pack(m, { n: 2, m: 4, rank: 0 })).toThrow(
      'a group of 4 has 4 live entries, and is to be stored as 2',
    );
  });
});
