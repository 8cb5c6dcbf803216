/** Blocks of filters and channels that share taps: which sizes are found and refused, and what is stored. */
import { expect, test } from 'vitest';
import { csr } from '../src/formats/csr.ts';
import { punched } from '../src/formats/punched.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { countLive } from '../src/tensor/matrix.ts';
import { drawn, sown } from './formats/drawn.ts';
import { random } from './models.ts';

/** A 3x3 layer of which blocks of f filters and c channels keep as many of their taps as `share` says, not the same ones. */
function punchedLayer(f: number, c: number, share: number, filters = 64, channels = 64): Matrix {
  const next = random(f * 100 + c);
  const across = Math.ceil(channels / c);
  const count = Math.ceil(filters / f) * across * 9;
  const order = Array.from({ length: count }, (_, at) => ({ at, by: next() })).sort((a, b) => a.by - b.by);
  const kept = new Set(order.slice(0, Math.round(count * share)).map(({ at }) => at));
  return sown(filters, 9 * channels, channels, (row, column) => {
    const [tap, channel] = [Math.floor(column / channels), column % channels];
    return kept.has((Math.floor(row / f) * across + Math.floor(channel / c)) * 9 + tap);
  });
}

test('finds 8x4 and refuses what is larger, with the groups that differ', () => {
  const m = punchedLayer(8, 4, 0.25);
  const { fits, refused } = punched.detect(m);
  expect(fits).toEqual([{ f: 8, c: 4 }]);
  expect(refused.map(({ params }) => params)).toEqual([
    { f: 16, c: 4 },
    { f: 8, c: 8 },
  ]);
  expect(refused[0].reason).toMatch(/^filters 0\.\.7 and filters 8\.\.15 differ at tap \d of channels \d+\.\.\d+$/);
  expect(refused[1].reason).toMatch(/^channels \d+\.\.\d+ and channels \d+\.\.\d+ differ at tap \d of filters 0\.\.7$/);
  const { multiplies } = punched.cost(m, { f: 8, c: 4 });
  expect(multiplies).toBe(0.25 * 64 * 64 * 9);
  const { parts } = punched.pack(m, { f: 8, c: 4 });
  const index = parts.pos.byteLength + parts.at.byteLength + parts.chan.byteLength + parts.mask.byteLength;
  expect(index).toBeLessThanOrEqual(6 * 8 * 16);
  expect(csr.pack(m, { index: 16 }).parts.idx.byteLength).toBeGreaterThan(10 * index);
});

test('one difference is enough', () => {
  const m = punchedLayer(32, 64, 0.5, 64, 128);
  expect(punched.detect(m).fits).toEqual([{ f: 32, c: 64 }]);
  // One tap less in filters 8..15 and channels 4..7, where filters 0..7 keep it.
  const tap = [0, 1, 2, 3, 4, 5, 6, 7, 8].findIndex((t) => m.data[t * 128 + 4] !== 0);
  const data = m.data.slice();
  for (let row = 8; row < 16; row++) data.fill(0, row * 1152 + tap * 128 + 4, row * 1152 + tap * 128 + 8);
  const { fits, refused } = punched.detect({ ...m, data });
  expect(fits).toEqual([{ f: 8, c: 4 }]);
  expect(refused.map(({ reason }) => reason)).toEqual([
    `filters 0..7 and filters 8..15 differ at tap ${tap} of channels 4..7`,
    `channels 0..3 and channels 4..7 differ at tap ${tap} of filters 8..15`,
  ]);
});

test.each([
  [32, 1],
  [4, 64],
  [16, 2],
  [8, 16],
  [4, 32],
])('finds %ix%i', (f, c) => {
  expect(punched.detect(punchedLayer(f, c, 0.25, 64, 128)).fits).toEqual([{ f, c }]);
});

test('ragged layers hang over', () => {
  const m = punchedLayer(8, 4, 0.25, 60, 62);
  expect(punched.detect(m).fits).toEqual([{ f: 8, c: 4 }]);
  const { data } = punched.unpack(punched.pack(m, { f: 8, c: 4 }), { f: 8, c: 4 });
  expect(data).toEqual(m.data);
});

test('a weight that happens to be zero parts no block', () => {
  const m = punchedLayer(8, 4, 0.25);
  const holed = { ...m, data: m.data.map((v, at) => (at % 97 === 0 ? 0 : v)) };
  expect(countLive(holed)).toBeLessThan(countLive(m));
  expect(punched.detect(holed).fits).toEqual([{ f: 8, c: 4 }]);
});

test('arrays are as drawn', () => {
  const m = drawn(4, '....12..5.6.', '....34..7.8.');
  expect(punched.pack(m, { f: 2, c: 2 }).parts).toEqual({
    pos: Int32Array.of(0, 2),
    at: Int32Array.of(0, 3),
    chan: Uint16Array.of(0, 2),
    mask: Uint16Array.of(0b110, 0b100),
    val: Float32Array.of(1, 3, 2, 4, 5, 7, 0, 0, 6, 8, 0, 0),
  });
});

test('blocks of a band that have the same taps stand together', () => {
  const m = drawn(4, '1.2..3.4', '5.6..7.8', '9.1..2.3', '4.5..6.7');
  expect(Array.from(punched.pack(m, { f: 4, c: 1 }).parts.chan)).toEqual([0, 2, 1, 3]);
});

test('kernels of more than 16 taps have masks of several words', () => {
  const m = sown(4, 49 * 2, 2, (_, column) => Math.floor(column / 2) % 5 === 0);
  const { parts } = punched.pack(m, { f: 4, c: 2 });
  expect(Array.from(parts.mask)).toEqual([0b1000010000100001, 0b0100001000010000, 0b0010000100001000, 0]);
  expect(punched.detect(m).fits).toEqual([{ f: 4, c: 2 }]);
});

test('refuses layers of one tap or few filters, and those that are not pruned so', () => {
  expect(punched.detect(drawn(2, '12', '34', '56', '78')).refused[0].reason).toBe(
    'has 1 tap, and blocks share several',
  );
  expect(punched.detect(drawn(1, '1.', '3.')).refused[0].reason).toBe('has 2 filters, and a block takes 4');
  expect(punched.detect(drawn(1, '1.', '.2', '3.', '.4')).refused).toEqual([
    { params: { f: 4, c: 1 }, reason: 'takes 8 entries for 4 weights: rows 0..3 have 2 nonzeros in column 0' },
  ]);
  expect(punched.detect(drawn(1, '11', '22', '33', '44')).refused).toEqual([
    { params: { f: 4, c: 1 }, reason: 'takes 8 entries, and the whole matrix has 8' },
  ]);
});
