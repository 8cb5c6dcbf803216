/**
 * Blocks of r rows and c columns, of which those with a live entry are stored whole.
 *
 *     1 2 0 0    r = 2, c = 2
 *     3 0 0 0    pos: 0 1 2
 *     0 0 4 0    idx: 0 2                   the first column of each block
 *     0 0 5 6    val: 1 3 2 0  4 5 0 6      column by column, so that the rows of a column lie together
 *
 * Blocks start at multiples of r, and of c inside a run. At the edges they hang over, and hold zeros there.
 */
import type { Expr } from '../loop/loop.ts';
import { add, div, load, loop, min, mod, mul, sub } from '../loop/loop.ts';
import { liveness, wordsOf } from '../tensor/matrix.ts';
import type { Block } from './blocks.ts';
import { countBlocks, detectBlocks, eachBlock } from './blocks.ts';
import type { Format } from './format.ts';
import { placeBytes, placesFor } from './places.ts';

export const block: Format<Block, 'pos' | 'idx' | 'val'> = {
  name: 'block',
  doc: 'blocks of rows and columns, those with a live entry whole',
  values: ['val'],
  detect: detectBlocks,

  cost(m, params) {
    const blocks = countBlocks(m, params);
    const entries = blocks * params.r * params.c;
    const bytes = 4 * (Math.ceil(m.rows / params.r) + 1) + placeBytes(m.columns) * blocks + 4 * entries;
    return { bytes, multiplies: entries, lookups: blocks, tests: 0 };
  },

  pack(m, params) {
    const { rows, columns, run, data } = m;
    const { r, c } = params;
    const live = liveness(m);
    const blocks = countBlocks(m, params);
    const pos = new Int32Array(Math.ceil(rows / r) + 1);
    const idx = placesFor(columns, blocks);
    const val = new Float32Array(blocks * r * c);
    const [to, from] = [wordsOf(val), wordsOf(data)];
    let end = 0;
    eachBlock(m, params, (row, column, height, width) => {
      idx[end] = column;
      for (let k = 0; k < width; k++)
        for (let i = 0; i < height; i++) {
          const at = (row + i) * columns + column + k;
          if (live[at] === 1) to[(end * c + k) * r + i] = from[at];
        }
      pos[row / r + 1] = ++end;
      return false;
    });
    for (let b = 1; b < pos.length; b++) pos[b] = Math.max(pos[b], pos[b - 1]);
    return { rows, columns, run, parts: { pos, idx, val } };
  },

  unpack({ rows, columns, run, parts: { pos, idx, val } }, { r, c }) {
    const data = new Float32Array(rows * columns);
    const [to, from] = [wordsOf(data), wordsOf(val as Float32Array<ArrayBuffer>)];
    for (let row = 0; row < rows; row++) {
      const b = Math.floor(row / r);
      for (let p = pos[b]; p < pos[b + 1]; p++) {
        const width = Math.min(c, run - (idx[p] % run));
        for (let k = 0; k < width; k++) to[row * columns + idx[p] + k] = from[(p * c + k) * r + (row % r)];
      }
    }
    return { rows, columns, run, data };
  },

  walk({ run, parts: { pos, idx, val } }, { r, c }, row, visit) {
    const [band, lane] = [div(row, r), mod(row, r)];
    return loop('p', load(pos, band), load(pos, add(band, 1)), (p) => {
      const first = load(idx, p);
      const width: Expr | number = run % c === 0 ? c : min(c, sub(run, mod(first, run)));
      return loop('k', 0, width, (k) => visit(add(first, k), load(val, add(mul(add(mul(p, c), k), r), lane))));
    });
  },
};
