/**
 * Kernels whose taps are among a few patterns, those of a filter sorted by pattern: the FKW of Niu et al., "PatDNN",
 * 2020, with patterns of any size.
 *
 *     filter 0    channel 0: . 1 2    channel 1: . . .    channel 2: . 3 4
 *     filter 1    channel 0: 5 . 6    channel 1: . 7 8    channel 2: 9 . 1
 *     place: 1 0              where each filter stands: those with more kernels come first
 *     taps:  0 2 4            where the patterns begin in tab, and where the last ends
 *     tab:   0 2  1 2         the taps of each pattern
 *     pos:   0 2 3 3 5        where the kernels of each pattern begin, filter by filter, and where the last end
 *     at:    0 6              where the values of each filter begin
 *     chan:  0 2  1  0 2      the channel of each kernel; those that keep nothing are not there
 *     val:   5 6 9 1  7 8  1 2 3 4
 */
import { add, assign, declare, load, local, loop, mul } from '../loop/loop.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { wordsOf } from '../tensor/matrix.ts';
import type { Format } from './format.ts';
import type { Pattern } from './kernels.ts';
import { detectPatterns, eachFilter, survey, tapsIn } from './kernels.ts';
import { liveBits } from './livebits.ts';
import { placeBytes, placesFor } from './places.ts';

export const pattern: Format<Pattern, 'place' | 'taps' | 'tab' | 'pos' | 'at' | 'chan' | 'val'> = {
  name: 'pattern',
  doc: 'kernels whose taps are among a few patterns, sorted by pattern',
  values: ['val'],
  detect: detectPatterns,

  cost(m, { patterns }) {
    const { masks, counts } = survey(m);
    const tabled = masks.reduce((sum, mask) => sum + tapsIn(mask).length, 0);
    const kernels = counts.reduce((sum, count) => sum + count, 0);
    const live = liveBits(m).live;
    const fixed = placeBytes(m.rows) * m.rows + 2 * (patterns + 1) + tabled + 4 * (m.rows * patterns + 1) + 4 * m.rows;
    return { bytes: fixed + placeBytes(m.run) * kernels + 4 * live, multiplies: live, lookups: kernels, tests: 0 };
  },

  pack(m, { patterns }) {
    const { rows, columns, run, data } = m;
    const { masks, counts } = survey(m);
    const listed = masks.map(tapsIn);
    const taps = new Uint16Array(patterns + 1);
    for (let q = 0; q < patterns; q++) taps[q + 1] = taps[q] + listed[q].length;
    const place = placesByLength(counts);
    const { pos, chan } = sortKernels(m, place);
    const at = new Int32Array(rows);
    const val = new Float32Array(liveBits(m).live);
    const [to, from] = [wordsOf(val), wordsOf(data)];
    let end = 0;
    for (const [slot, row] of order(place).entries()) {
      at[slot] = end;
      for (let q = 0, k = slot * patterns; q < patterns; q++, k++)
        for (let kernel = pos[k]; kernel < pos[k + 1]; kernel++)
          for (const tap of listed[q]) to[end++] = from[row * columns + tap * run + chan[kernel]];
    }
    return { rows, columns, run, parts: { place, taps, tab: Uint8Array.from(listed.flat()), pos, at, chan, val } };
  },

  unpack({ rows, columns, run, parts: { place, taps, tab, pos, at, chan, val } }, { patterns }) {
    const data = new Float32Array(rows * columns);
    const [to, from] = [wordsOf(data), wordsOf(val as Float32Array<ArrayBuffer>)];
    for (let row = 0; row < rows; row++) {
      let end = at[place[row]];
      for (let q = 0, k = place[row] * patterns; q < patterns; q++, k++)
        for (let kernel = pos[k]; kernel < pos[k + 1]; kernel++)
          for (let t = taps[q]; t < taps[q + 1]; t++) to[row * columns + tab[t] * run + chan[kernel]] = from[end++];
    }
    return { rows, columns, run, data };
  },

  walk({ run, parts: { place, taps, tab, pos, at, chan, val } }, { patterns }, row, visit) {
    const [slot, p] = [local('slot', 'i32'), local('p', 'i32')];
    return [
      declare(slot, load(place, row)),
      declare(p, load(at, slot)),
      ...loop('q', 0, patterns, (q) => {
        const k = add(mul(slot, patterns), q);
        return loop('kernel', load(pos, k), load(pos, add(k, 1)), (kernel) =>
          loop('t', load(taps, q), load(taps, add(q, 1)), (t) => [
            ...visit(add(mul(load(tab, t), run), load(chan, kernel)), load(val, p)),
            assign(p, add(p, 1)),
          ]),
        );
      }),
    ];
  },
};

/** Where each filter stands when those with more kernels come first, and among equals as they were. */
function placesByLength(counts: Int32Array): Uint16Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  const rows = Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b);
  const place = placesFor(rows.length, rows.length);
  for (const [slot, row] of rows.entries()) place[row] = slot;
  return place;
}

/** The filter at each place. */
function order(place: ArrayLike<number>): Int32Array {
  const rows = new Int32Array(place.length);
  for (let row = 0; row < place.length; row++) rows[place[row]] = row;
  return rows;
}

/** The channels of all kernels, by filter and pattern, and where those of each begin. */
function sortKernels(m: Matrix, place: ArrayLike<number>) {
  const { masks, counts } = survey(m);
  const numberOf = new Map(masks.map((mask, q) => [mask, q]));
  const starts = new Int32Array(m.rows + 1);
  for (const [slot, row] of order(place).entries()) starts[slot + 1] = starts[slot] + counts[row];
  const pos = new Int32Array(m.rows * masks.length + 1);
  pos[m.rows * masks.length] = starts[m.rows];
  const chan = placesFor(m.run, starts[m.rows]);
  eachFilter(m, (row, found) => {
    const byPattern = masks.map((): number[] => []);
    for (let channel = 0; channel < m.run; channel++)
      if (found[channel] !== 0) byPattern[numberOf.get(found[channel]) ?? 0].push(channel);
    let end = starts[place[row]];
    for (const [q, channels] of byPattern.entries()) {
      pos[place[row] * masks.length + q] = end;
      chan.set(channels, end);
      end += channels.length;
    }
    return false;
  });
  return { pos, chan };
}
