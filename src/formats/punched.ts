/**
 * Blocks of f filters and c channels that share their taps: what is pruned is a tap of all kernels of a block.
 *
 *     filter 0    1 . | 2 .    f = 2, c = 2: two channels at tap 0, the same two at tap 1
 *     filter 1    3 . | 4 .    pos:  0 1          blocks that hold anything, of each band of filters
 *                              at:   0 2          and the taps that these hold
 *                              chan: 0            the first channel of each block
 *                              mask: 0b11         its taps, 16 to a word
 *                              val:  1 3 . .  2 4 . .   tap by tap, in a tap channel by channel
 *
 * Blocks start at multiples of f and c; at the edges they hang over, and hold zeros there. Those of a band that have
 * the same taps stand together.
 */
import {
  add,
  assign,
  binary,
  both,
  declare,
  div,
  load,
  local,
  loop,
  min,
  mod,
  mul,
  sub,
  sum,
  when,
} from '../loop/loop.ts';
import { liveness, wordsOf } from '../tensor/matrix.ts';
import type { Format } from './format.ts';
import { placeBytes, placesFor } from './places.ts';
import type { Punched } from './punches.ts';
import { countPunched, detectPunched, eachPunched, tapsOf, wordBits, wordsPerBlock } from './punches.ts';

export const punched: Format<Punched, 'pos' | 'at' | 'chan' | 'mask' | 'val'> = {
  name: 'punched',
  doc: 'blocks of filters and channels that share their taps',
  values: ['val'],
  detect: detectPunched,

  cost(m, params) {
    const { f, c } = params;
    const { blocks, taps } = countPunched(m, params);
    const index = blocks * (placeBytes(m.run) + 2 * wordsPerBlock(m));
    const bytes = 8 * (Math.ceil(m.rows / f) + 1) + index + 4 * f * c * taps;
    return { bytes, multiplies: f * c * taps, lookups: taps, tests: blocks * tapsOf(m) };
  },

  pack(m, params) {
    const { rows, columns, run, data } = m;
    const { f, c } = params;
    const live = liveness(m);
    const count = countPunched(m, params);
    const bands = Math.ceil(rows / f);
    const words = wordsPerBlock(m);
    const [pos, at] = [new Int32Array(bands + 1), new Int32Array(bands + 1)];
    const chan = placesFor(run, count.blocks);
    const mask = new Uint16Array(count.blocks * words);
    const val = new Float32Array(count.taps * f * c);
    const [to, from] = [wordsOf(val), wordsOf(data)];
    let [block, stored] = [0, 0];
    const storeTap = (row: number, column: number, width: number): void => {
      for (let i = 0; i < Math.min(f, rows - row); i++)
        for (let k = 0; k < width; k++) {
          const place = (row + i) * columns + column + k;
          if (live[place] === 1) to[(stored * c + k) * f + i] = from[place];
        }
      stored++;
    };
    eachPunched(m, params, (band, blocks) => {
      for (const { first, taps } of blocks) {
        chan[block] = first;
        for (const tap of taps) {
          mask[block * words + Math.floor(tap / wordBits)] |= 1 << (tap % wordBits);
          storeTap(band * f, tap * run + first, Math.min(c, run - first));
        }
        block++;
      }
      pos[band + 1] = block;
      at[band + 1] = stored;
    });
    return { rows, columns, run, parts: { pos, at, chan, mask, val } };
  },

  unpack({ rows, columns, run, parts: { pos, at, chan, mask, val } }, { f, c }) {
    const data = new Float32Array(rows * columns);
    const [to, from] = [wordsOf(data), wordsOf(val as Float32Array<ArrayBuffer>)];
    const [taps, words] = [columns / run, wordsPerBlock({ columns, run })];
    for (let row = 0; row < rows; row++) {
      const band = Math.floor(row / f);
      let p = at[band];
      for (let block = pos[band]; block < pos[band + 1]; block++)
        for (let tap = 0; tap < taps; tap++) {
          if (((mask[block * words + Math.floor(tap / wordBits)] >> (tap % wordBits)) & 1) === 0) continue;
          const width = Math.min(c, run - chan[block]);
          const start = row * columns + tap * run + chan[block];
          for (let k = 0; k < width; k++) to[start + k] = from[(p * c + k) * f + (row % f)];
          p++;
        }
    }
    return { rows, columns, run, data };
  },

  walk({ columns, run, parts: { pos, at, chan, mask, val } }, { f, c }, row, visit) {
    const [band, lane] = [div(row, f), mod(row, f)];
    const words = wordsPerBlock({ columns, run });
    const p = local('p', 'i32');
    return [
      declare(p, load(at, band)),
      ...loop('block', load(pos, band), load(pos, add(band, 1)), (block) =>
        loop('tap', 0, columns / run, (tap) => {
          const word = load(mask, add(mul(block, words), div(tap, wordBits)));
          const first = load(chan, block);
          const width = run % c === 0 ? c : min(c, sub(run, first));
          const visits = loop('k', 0, width, (k) =>
            visit(sum(mul(tap, run), first, k), load(val, add(mul(add(mul(p, c), k), f), lane))),
          );
          return [when(both(binary('>>', word, mod(tap, wordBits)), 1), [...visits, assign(p, add(p, 1))])];
        }),
      ),
    ];
  },
};
