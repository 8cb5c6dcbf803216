/** Rows of sparse weights that are multiplied together though their columns differ: what is packed is the matrix. */
import { describe, expect, test } from 'vitest';
import type { Matrix } from '../src/tensor/matrix.ts';
import { countLive } from '../src/tensor/matrix.ts';
import type { Stream } from '../targets/cpu/stream.ts';
import { sparseBlock, sparseStream } from '../targets/cpu/stream.ts';
import type { Height } from '../targets/cpu/turns.ts';
import { groupsInTurns } from '../targets/cpu/turns.ts';
import type { Way } from '../targets/cpu/ways.ts';
import { rowsIn, waysOf } from '../targets/cpu/ways.ts';
import { random } from './models.ts';

/** Weights of which a share is kept; no two are alike. */
function masked(rows: number, columns: number, share: number): Matrix {
  const next = random(rows * columns);
  const data = Float32Array.from({ length: rows * columns }, (_, at) => (next() < share ? at + 1 : 0));
  return { rows, columns, run: columns, data };
}

const pack = (m: Matrix, height: Height): Stream =>
  sparseStream(m, (block) => groupsInTurns(block, height), { width: sparseBlock, wide: false });

/** Of each row which column of a turn it takes, and which weight: these come set by set. */
function placesIn(way: Way): readonly (readonly [column: number, weight: number])[] {
  const order = way.flatMap((set) => rowsIn[set]);
  return order.map((_, row) => [way.findIndex((set) => (set >> row) & 1), order.indexOf(row)] as const);
}

/** What a routine reads: each weight with its row and column, zeros left out. */
function entriesOf(stream: Stream, height: Height) {
  const ways = waysOf[height].map((way) => ({ size: way.length, places: placesIn(way) }));
  const entries: { readonly group: number; readonly row: number; readonly column: number; readonly value: number }[] =
    [];
  let [group, column, weight] = [0, 0, 0];
  for (const [block, count] of stream.groups.entries())
    for (const end = group + count; group < end; group++)
      for (const [w, { size, places }] of ways.entries())
        for (let turn = 0; turn < stream.counts[group * ways.length + w]; turn++) {
          for (const [i, [c, k]] of places.entries())
            if (stream.weights[weight + k] !== 0)
              entries.push({
                group,
                row: stream.rows[group * height + i],
                column: block * sparseBlock + stream.columns[column + c],
                value: stream.weights[weight + k],
              });
          column += size;
          weight += height;
        }
  expect([column, weight]).toEqual([stream.columns.length, stream.weights.length]);
  return entries;
}

const sizes = [
  [1, 1],
  [2, 130],
  [7, 40],
  [16, 128],
  [30, 300],
  [64, 129],
] as const;

describe.each([2, 4] as const)('%i rows at a time', (height) => {
  test.each(sizes)('%i rows of %i columns: every weight is there, once for each time its row is', (rows, columns) => {
    for (const share of [0, 0.05, 0.3, 0.5, 0.9, 1]) {
      const m = masked(rows, columns, share);
      const stream = pack(m, height);
      const seen = new Map<string, number>();
      for (const { group, row, column, value } of entriesOf(stream, height)) {
        expect(value).toBe(m.data[row * columns + column]);
        const own = [...stream.rows.subarray(group * height, (group + 1) * height)];
        seen.set(`${row} ${column}`, (seen.get(`${row} ${column}`) ?? 0) + 1 / own.filter((r) => r === row).length);
      }
      expect(seen.size).toBe(countLive(m));
      expect([...seen.values()].every((times) => Math.abs(times - 1) < 1e-9)).toBe(true);
    }
  });

  test('the first and the last block have every row', () => {
    const m = { ...masked(30, 300, 1), data: new Float32Array(30 * 300) };
    const { groups, rows } = pack(m, height);
    const each = Math.ceil(30 / height);
    expect([...groups]).toEqual([each, 0, each]);
    for (const first of [0, each * height]) {
      const found = new Set(rows.subarray(first, first + each * height));
      expect([...found].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, r) => r));
    }
  });

  test('rows with the same columns share every one of them', () => {
    const one = masked(1, 128, 0.5).data;
    const m = {
      rows: 12,
      columns: 128,
      run: 128,
      data: Float32Array.from({ length: 12 * 128 }, (_, at) => one[at % 128]),
    };
    const { counts, columns } = pack(m, height);
    const ways = waysOf[height].length;
    expect(counts.every((count, i) => i % ways === 0 || count === 0)).toBe(true);
    expect(columns.length * 12).toBe(countLive(m) * (12 / height));
  });
});

test('of 2:4 no weight is padded, and few are multiplied alone', () => {
  const next = random(24);
  const data = new Float32Array(64 * 256);
  for (let first = 0; first < data.length; first += 4) {
    const one = Math.floor(next() * 4);
    const other = (one + 1 + Math.floor(next() * 3)) % 4;
    data[first + one] = data[first + other] = 1;
  }
  const { counts, weights } = pack({ rows: 64, columns: 256, run: 256, data }, 4);
  expect(weights.length).toBe(64 * 128);
  const alone = counts.reduce((sum, count, i) => sum + (i % 9 === 8 ? count : 0), 0);
  expect(alone * 4).toBeLessThan(weights.length / 3);
});

test('the ways of each height have every row once, and loops go from many rows to one', () => {
  for (const height of [2, 4] as const)
    for (const way of waysOf[height]) {
      expect(way.flatMap((set) => rowsIn[set]).sort()).toEqual(Array.from({ length: height }, (_, r) => r));
      expect(
        placesIn(way)
          .map(([, weight]) => weight)
          .sort(),
      ).toEqual(Array.from({ length: height }, (_, r) => r));
    }
});
