/** Sums of formats: full blocks and the rest, nothing twice, and offered only where it stores least. */
import { expect, test } from 'vitest';
import { block } from '../src/formats/block.ts';
import { csr } from '../src/formats/csr.ts';
import { union } from '../src/formats/union.ts';
import { countLive } from '../src/tensor/matrix.ts';
import { drawn, sown } from './formats/drawn.ts';
import { random } from './models.ts';

const next = random(9);
const blocks = Array.from({ length: 16 * 64 }, () => next() < 0.2);
const both = sown(
  64,
  256,
  256,
  (row, column) => blocks[Math.floor(row / 4) * 64 + Math.floor(column / 4)] || next() < 0.02,
);

test('a fifth of the blocks and a few entries elsewhere are stored as blocks and csr', () => {
  expect(union.detect(both)).toEqual({ fits: [{ r: 4, c: 4 }], refused: [] });
  const { parts } = union.pack(both, { r: 4, c: 4 });
  expect(parts.block_val.length).toBe(blocks.filter(Boolean).length * 16);
  expect(parts.block_val.length + parts.rest_val.length).toBe(countLive(both));
  const { bytes } = union.cost(both, { r: 4, c: 4 });
  expect(bytes).toBeLessThan(csr.cost(both, { index: 16 }).bytes);
  expect(bytes).toBeLessThan(block.cost(both, { r: 4, c: 4 }).bytes);
  expect(union.unpack(union.pack(both, { r: 4, c: 4 }), { r: 4, c: 4 }).data).toEqual(both.data);
});

test('arrays are as drawn', () => {
  expect(union.pack(drawn(4, '12.5', '34..'), { r: 2, c: 2 }).parts).toEqual({
    block_pos: Int32Array.of(0, 1),
    block_idx: Uint16Array.of(0),
    block_val: Float32Array.of(1, 3, 2, 4),
    rest_pos: Int32Array.of(0, 1, 1),
    rest_idx: Uint16Array.of(3),
    rest_val: Float32Array.of(5),
  });
});

test('blocks that hang over are among the rest', () => {
  const { parts } = union.pack(drawn(3, '123', '456', '789'), { r: 2, c: 2 });
  expect(Array.from(parts.block_val)).toEqual([1, 4, 2, 5]);
  expect(Array.from(parts.rest_val)).toEqual([3, 6, 7, 8, 9]);
});

test.each([
  [1, 4],
  [4, 1],
  [2, 2],
  [16, 16],
  [8, 2],
])('full blocks of %ix%i are counted as they are found', (r, c) => {
  const m = sown(35, 3 * 37, 37, (row, column) => (row * 31 + column * 17 + row * column) % 11 < 9 || row > 15);
  let found = 0;
  for (let row = 0; row + r <= 35; row += r)
    for (let tap = 0; tap < 3; tap++)
      for (let k = 0; k + c <= 37; k += c) {
        let live = 0;
        for (let i = 0; i < r; i++)
          for (let j = 0; j < c; j++) live += m.data[(row + i) * 111 + tap * 37 + k + j] !== 0 ? 1 : 0;
        if (live === r * c) found++;
      }
  expect(union.pack(m, { r, c }).parts.block_idx.length).toBe(found);
  expect(union.cost(m, { r, c }).lookups).toBe(found + countLive(m) - found * r * c);
});

test('refuses what is stored in less by one format alone, and what is in blocks by chance', () => {
  const whole = sown(64, 256, 256, (row, column) => blocks[Math.floor(row / 4) * 64 + Math.floor(column / 4)]);
  const [refusal] = union.detect(whole).refused;
  expect(refusal.params).toEqual({ r: 4, c: 4 });
  expect(refusal.reason).toMatch(/^takes \d+ bytes, and blocks of 4x4 alone \d+$/);
  const random90 = random(4);
  expect(union.detect(sown(64, 256, 256, () => random90() < 0.1)).refused[0].reason).toMatch(
    /^has \d+ of \d+ nonzeros in full blocks of \d+x\d+$/,
  );
  expect(union.detect(sown(8, 8, 8, () => true)).refused[0].reason).toMatch(/all as they are alone 256$/);
});
