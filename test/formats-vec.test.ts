/** Rows that share columns: which sizes are found, which rows go together, and what is stored. */
import { expect, test } from 'vitest';
import { csr } from '../src/formats/csr.ts';
import { vec } from '../src/formats/vec.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { countLive } from '../src/tensor/matrix.ts';
import { drawn, sown } from './formats/drawn.ts';
import { random } from './models.ts';

/** 64 filters of 64 channels and 3x3 taps, of which every `size` rows that `groupOf` names share the columns they keep. */
function alike(size: number, density: number, groupOf: (row: number) => number, seed = 1): Matrix {
  const next = random(seed);
  const kept = Array.from({ length: (64 / size) * 576 }, () => next() < density);
  return sown(64, 576, 64, (row, column) => kept[groupOf(row) * 576 + column]);
}

const sizes = (m: Matrix) => vec.detect(m).fits.map(({ r }) => r);

test('finds the 4x1 of MEST, and not 8x1', () => {
  const m = alike(4, 0.1, (row) => Math.floor(row / 4));
  const { fits, refused } = vec.detect(m);
  expect(fits).toEqual([{ r: 4 }]);
  expect(refused.map(({ params }) => params)).toEqual([{ r: 8 }]);
  expect(refused[0].reason).toMatch(/^takes \d+ entries for \d+ weights: rows 0 and 4 differ in column \d+$/);
  expect(vec.pack(m, { r: 4 }).parts.idx.byteLength).toBe((countLive(m) / 4) * 2);
  expect(vec.cost(m, { r: 4 }).multiplies).toBe(countLive(m));
});

test('finds 8x1 where pairs coincide, and 16x1', () => {
  expect(sizes(alike(8, 0.1, (row) => Math.floor(row / 8)))).toEqual([8]);
  expect(sizes(alike(16, 0.3, (row) => Math.floor(row / 16)))).toEqual([16]);
  expect(sizes(alike(2, 0.1, (row) => Math.floor(row / 2)))).toEqual([2]);
  expect(sizes(alike(1, 0.1, (row) => row))).toEqual([]);
});

test('rows of a group stand anywhere', () => {
  const m = alike(4, 0.1, (row) => (row * 5) % 16);
  expect(sizes(m)).toEqual([4]);
  expect(vec.cost(m, { r: 4 }).multiplies).toBe(countLive(m));
  expect(vec.cost(m, { r: 4 }).bytes).toBeLessThan(csr.cost(m, { index: 16 }).bytes);
  expect(Array.from(vec.pack(m, { r: 4 }).parts.place.slice(0, 4))).toEqual([0, 4, 8, 12]);
});

test('dense layers with few zeros are not taken for larger groups', () => {
  expect(sizes(alike(4, 0.9, (row) => Math.floor(row / 4)))).toEqual([4]);
});

test('a weight that happens to be zero does not part rows', () => {
  const m = alike(4, 0.1, (row) => Math.floor(row / 4));
  const holed = { ...m, data: m.data.map((v, at) => (at % 37 === 0 ? 0 : v)) };
  expect(countLive(holed)).toBeLessThan(countLive(m));
  expect(sizes(holed)).toEqual([4]);
});

test('arrays are as drawn', () => {
  expect(vec.pack(drawn(3, '1.2', '.3.', '4.5', '.6.'), { r: 2 }).parts).toEqual({
    place: Uint16Array.of(0, 2, 1, 3),
    pos: Int32Array.of(0, 2, 3),
    idx: Uint16Array.of(0, 2, 1),
    val: Float32Array.of(1, 4, 2, 5, 3, 6),
  });
});

test('refuses with the rows that differ', () => {
  expect(vec.detect(drawn(4, '1..2', '.34.')).refused).toEqual([
    { params: { r: 2 }, reason: 'takes 8 entries for 4 weights: rows 0 and 1 differ in column 0' },
  ]);
  expect(vec.detect(drawn(2, '1.', '2.', '3.')).refused).toEqual([]);
  expect(vec.detect(drawn(2, '12', '34')).refused).toEqual([
    { params: { r: 2 }, reason: 'takes 4 entries, and the whole matrix has 4' },
  ]);
  expect(vec.detect(drawn(2, '..', '..', '1.')).refused).toEqual([
    { params: { r: 2 }, reason: 'takes 2 entries for 1 weights: the last group has 1 of 2 rows' },
  ]);
});

test('masks that change between epochs are packed like others', () => {
  const before = alike(4, 0.1, (row) => Math.floor(row / 4), 2);
  const packed = vec.pack(before, { r: 4 });
  const after = alike(4, 0.1, (row) => Math.floor(row / 4), 3);
  expect(vec.pack(after, { r: 4 })).toEqual(vec.pack({ ...after }, { r: 4 }));
  expect(vec.pack(before, { r: 4 })).toEqual(packed);
});
