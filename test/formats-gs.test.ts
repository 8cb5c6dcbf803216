/** Gather-scatter packs: no two entries of a pack in one bank, what is found and refused, and what is stored. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gs } from '../src/formats/gs.ts';
import { packGroup } from '../src/formats/packs.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { countLive, liveEntries, matrix } from '../src/tensor/matrix.ts';
import { drawn, sown } from './formats/drawn.ts';
import { gather, normal } from './formats/gathered.ts';
import { random } from './models.ts';

const gaussian = matrix(64, 256, 256, normal(64 * 256, 5));
const mass = (data: Float32Array): number => data.reduce((sum, v) => sum + Math.abs(v), 0);

const cases = ([0, 1] as const).flatMap((scatter) =>
  [
    [8, 8],
    [8, 1],
    [8, 2],
    [16, 1],
  ].map(([b, k]) => ({ b, k, scatter })),
);

test.each(cases)('GS($b,$k), scatter $scatter', ({ b, k, scatter }) => {
  const m = gather(gaussian, { b, k, scatter }, 0.2);
  const params = { b, k, scatter: k === b ? (0 as const) : scatter };
  expect(gs.detect(m).fits).toContainEqual(params);
  const { parts } = gs.pack(m, params);
  const { ptr, col, val } = parts;
  const packs = val.length / b;
  expect(ptr.at(-1)).toBe(packs);
  // One cycle a pack: every bank is read once.
  for (let pack = 0; pack < packs; pack++) {
    const columns = Array.from(col.slice(pack * b, (pack + 1) * b));
    expect(new Set(columns.map((c) => c % b)).size).toBe(b);
  }
  expect(packs).toBe(countLive(m) / b);
  expect(gs.unpack(gs.pack(m, params), params).data).toEqual(m.data);
  if (k <= 2) {
    const kept = m.data.filter((v) => v !== 0).length;
    const best = gaussian.data.map(Math.abs).sort().slice(-kept);
    expect(mass(m.data)).toBeGreaterThan(0.97 * mass(best));
  }
});

test('as many entries at random places take over twice as many cycles', () => {
  const next = random(3);
  const m = sown(64, 256, 256, () => next() < 0.1);
  const { column } = liveEntries(m);
  for (const b of [8, 16]) {
    let cycles = 0;
    for (let first = 0; first < column.length; first += b) {
      const banks = new Int32Array(b);
      for (const c of column.slice(first, first + b)) banks[c % b]++;
      cycles += Math.max(...banks);
    }
    expect(cycles).toBeGreaterThan((2 * column.length) / b);
  }
});

test('the last group counts', () => {
  const m = gather(gaussian, { b: 16, k: 1, scatter: 0 }, 0.2);
  const data = m.data.slice();
  const last = data.findLastIndex((v) => v !== 0);
  data[last] = 0;
  const { fits, refused } = gs.detect({ ...m, data });
  expect(fits).toEqual([]);
  expect(refused.find(({ params }) => params.b === 16)?.reason).toMatch(
    /^row 48 has \d+ nonzeros, and row 63 of its group \d+$/,
  );
});

test('what is not full is a bug, not a loss', () => {
  expect(() => gs.pack(drawn(4, '1..2', '3...'), { b: 2, k: 1, scatter: 0 })).toThrow(
    'packs of 2 do not hold a matrix that row 0 has 2 nonzeros, and row 1 of its group 1',
  );
});

test('rows of a group stand anywhere, also where others have as many entries', () => {
  // Rows 0 and 3, and 1 and 2, fill both banks; no two neighbours do.
  const m = drawn(4, '1.2.', '3.4.', '.5.6', '.7.8');
  const params = { b: 2, k: 1, scatter: 1 } as const;
  expect(Array.from(gs.pack(m, params).parts.place)).toEqual([0, 2, 1, 3]);
});

test('names the first group that is not full', () => {
  const m = drawn(16, '1111111.1.......', '1111.11111......');
  expect(gs.detect(m).refused.map(({ params: { b, k }, reason }) => `${b},${k}: ${reason}`)).toEqual([
    '8,8: row 0 has 2 nonzeros in bank 0 of 8, and 1 in bank 1',
    '8,1: has 2 rows, and a group takes 8',
    '8,2: has 2 rows, and a group takes 4',
    '16,1: has 2 rows, and a group takes 16',
  ]);
  const uneven = drawn(8, ...Array.from({ length: 8 }, (_, row) => (row === 5 ? '11......' : '1.......')));
  expect(gs.detect(uneven).refused[1].reason).toBe('row 0 has 1 nonzeros, and row 5 of its group 2');
});

test('dense and empty layers are in no packs', () => {
  expect(gs.detect(sown(16, 16, 16, () => true)).refused[0].reason).toBe(
    'takes 256 entries, and the whole matrix has 256',
  );
  expect(gs.detect(sown(16, 16, 16, () => false)).fits).toEqual([]);
});

test('arrays are as drawn', () => {
  const m: Matrix = drawn(4, '1..2', '34..');
  expect(gs.pack(m, { b: 2, k: 1, scatter: 0 }).parts).toEqual({
    ptr: Int32Array.of(0, 2),
    col: Uint16Array.of(0, 1, 3, 0),
    val: Float32Array.of(1, 4, 2, 3),
  });
});

test('every balanced group fills its packs', () => {
  const sizes = fc.record({
    rows: fc.integer({ min: 1, max: 6 }),
    k: fc.integer({ min: 1, max: 5 }),
    packs: fc.integer({ min: 1, max: 70 }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(sizes, ({ rows, k, packs, seed }) => {
      const banks = rows * k;
      const next = random(seed);
      // Each pack takes the banks in another order, and rows are then told apart from packs no longer.
      const entries = Array.from({ length: packs }, () => {
        const order = Array.from({ length: banks }, (_, bank) => ({ bank, by: next() })).sort((a, b) => a.by - b.by);
        return order.map(({ bank }, lane) => ({ row: Math.floor(lane / k), bank, by: next() }));
      })
        .flat()
        .sort((a, b) => a.row - b.row || a.by - b.by);
      const order = packGroup({
        rows,
        banks,
        row: entries.map(({ row }) => row),
        bank: entries.map(({ bank }) => bank),
      });
      expect(new Set(order).size).toBe(entries.length);
      for (let pack = 0; pack < packs; pack++) {
        const lanes = Array.from(order.slice(pack * banks, (pack + 1) * banks), (entry) => entries[entry]);
        expect(new Set(lanes.map(({ bank }) => bank)).size).toBe(banks);
        expect(lanes.map(({ row }) => row)).toEqual(lanes.map((_, lane) => Math.floor(lane / k)));
      }
    }),
    { numRuns: 100 },
  );
});

test('groups that are not balanced are a bug, not a loss', () => {
  const pack = (row: readonly number[], bank: readonly number[]) => () => packGroup({ rows: 2, banks: 2, row, bank });
  expect(pack([0, 0, 1], [0, 1, 1])).toThrow('3 entries do not fill packs of 2');
  expect(pack([0, 0, 0, 1], [0, 1, 0, 1])).toThrow('row 0 of a group has over 2 entries for 2 packs');
  expect(pack([0, 0, 1, 1], [0, 0, 0, 1])).toThrow('bank 0 of a group has over 2 entries for 2 packs');
});
