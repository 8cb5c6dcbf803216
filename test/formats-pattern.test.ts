/** Kernels with few patterns of taps: what is found and refused, and what is stored. */
import { expect, test } from 'vitest';
import { csr } from '../src/formats/csr.ts';
import { pattern } from '../src/formats/pattern.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { countLive } from '../src/tensor/matrix.ts';
import { drawn, sown } from './formats/drawn.ts';
import { random } from './models.ts';

/** The eight patterns of MEST, as the taps that are pruned, row by row of 3. The fifth drops the middle. */
const pruned = ['01236', '01258', '03678', '25678', '01234', '01268', '02678', '02578'].map((s) => [...s].map(Number));

/** A 3x3 layer of kernels with one of some patterns each, of which a share is dropped altogether. */
function patterned(kept: readonly (readonly number[])[], share: number, filters = 32, channels = 32): Matrix {
  const next = random(kept.length);
  const kernel = Array.from({ length: filters * channels }, () => ({
    lives: next() < share,
    taps: kept[Math.floor(next() * kept.length)],
  }));
  return sown(filters, 9 * channels, channels, (row, column) => {
    const { lives, taps } = kernel[row * channels + (column % channels)];
    return lives && taps.includes(Math.floor(column / channels));
  });
}

const mest = pruned.map((taps) => [0, 1, 2, 3, 4, 5, 6, 7, 8].filter((tap) => !taps.includes(tap)));

test('finds the eight patterns of MEST with connectivity pruned, one of them without the middle', () => {
  const m = patterned(mest, 0.5);
  expect(pattern.detect(m)).toEqual({ fits: [{ patterns: 8 }], refused: [] });
  const cost = pattern.cost(m, { patterns: 8 });
  expect(cost.multiplies).toBe(countLive(m));
  expect(cost.lookups).toBe(countLive(m) / 4);
  expect(cost.bytes).toBeLessThan(csr.cost(m, { index: 16 }).bytes);
});

test('how many taps a pattern has is up to the data', () => {
  const fives = mest.map((taps) => [...taps, [0, 1, 2, 3, 4, 5, 6, 7, 8].find((t) => !taps.includes(t))!]);
  expect(pattern.detect(patterned(fives, 0.9)).fits).toEqual([{ patterns: new Set(fives.map(String)).size }]);
  const mixed = [[4], [1, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8], [3, 5, 7]];
  const m = patterned(mixed, 0.7);
  expect(pattern.detect(m).fits).toEqual([{ patterns: 4 }]);
  expect(pattern.unpack(pattern.pack(m, { patterns: 4 }), { patterns: 4 }).data).toEqual(m.data);
});

test('kernels of a filter are sorted by pattern, and filters by their number of kernels', () => {
  const m = patterned(mest, 0.5);
  const { parts } = pattern.pack(m, { patterns: 8 });
  const rows = Array.from(parts.place.keys()).sort((a, b) => parts.place[a] - parts.place[b]);
  const counts = rows.map((_, slot) => parts.pos[(slot + 1) * 8] - parts.pos[slot * 8]);
  expect(counts).toEqual([...counts].sort((a, b) => b - a));
  expect(new Set(counts).size).toBeGreaterThan(1);
  for (const [slot, row] of rows.entries())
    for (let q = 0; q < 8; q++) {
      const channels = Array.from(parts.chan.slice(parts.pos[slot * 8 + q], parts.pos[slot * 8 + q + 1]));
      expect(channels).toEqual([...channels].sort((a, b) => a - b));
      const taps = Array.from(parts.tab.slice(parts.taps[q], parts.taps[q + 1]));
      for (const channel of channels)
        for (let tap = 0; tap < 9; tap++) expect(m.data[row * 288 + tap * 32 + channel] !== 0).toBe(taps.includes(tap));
    }
});

test('arrays are as drawn', () => {
  // As in the file's own picture: three channels at three taps, tap by tap.
  const m = drawn(3, '...1.32.4', '5.9.7.681');
  expect(pattern.detect(m).fits).toEqual([{ patterns: 2 }]);
  expect(pattern.pack(m, { patterns: 2 }).parts).toEqual({
    place: Uint16Array.of(1, 0),
    taps: Uint16Array.of(0, 2, 4),
    tab: Uint8Array.of(0, 2, 1, 2),
    pos: Int32Array.of(0, 2, 3, 3, 5),
    at: Int32Array.of(0, 6),
    chan: Uint16Array.of(0, 2, 1, 0, 2),
    val: Float32Array.of(5, 6, 9, 1, 7, 8, 1, 2, 3, 4),
  });
});

test('32 patterns are found, and the 33rd is refused where it stands', () => {
  const all = Array.from({ length: 33 }, (_, i) => [0, 1, 2, 3, 4, 5, 6, 7, 8].filter((tap) => ((i + 1) >> tap) & 1));
  const layer = (count: number): Matrix =>
    sown(1, 9 * count, count, (_, column) => all[column % count].includes(Math.floor(column / count)));
  expect(pattern.detect(layer(32)).fits).toEqual([{ patterns: 32 }]);
  expect(pattern.detect(layer(33))).toEqual({
    fits: [],
    refused: [
      { params: { patterns: 32 }, reason: 'channel 32 of filter 0 keeps taps 0 5, which is pattern number 33' },
    ],
  });
});

test('refuses kernels of one tap, of more than a mask has bits, and whole ones', () => {
  const reason = (m: Matrix): string => pattern.detect(m).refused[0].reason;
  expect(reason(drawn(2, '1.'))).toBe('has kernels of 1 tap');
  expect(reason(sown(1, 49, 1, (_, column) => column === 3))).toBe('has kernels of 49 taps, and a pattern has 32');
  expect(reason(drawn(1, '12'))).toBe('takes 2 entries, and the whole matrix has 2');
});
