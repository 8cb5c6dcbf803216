/**
 * Compressed sparse rows: the live entries of each row, each with its column, or with the columns skipped before it.
 *
 *     1 0 2    pos: 0 2 3
 *     0 3 0    idx: 0 2 1    as columns
 *              idx: 0 1 1    as gaps, in 8 bits
 *              val: 1 2 3
 *
 * A gap counts from the entry before, and from the row's edge for the first. One above 255 is bridged by entries
 * of value 0 that skip 255 columns and stand in the next.
 */
import { bug } from '../diagnostic.ts';
import { add, assign, declare, load, local, loop, sum } from '../loop/loop.ts';
import type { Entries, Matrix } from '../tensor/matrix.ts';
import { liveEntries, wordsOf } from '../tensor/matrix.ts';
import type { Format } from './format.ts';
import { liveBits } from './livebits.ts';

/** `index`: bits of a stored place. 8 for gaps, 16 and 32 for columns. */
type Csr = { readonly index: 8 | 16 | 32 };

const most16 = 1 << 16;

/** Columns that an entry takes when it skips as many as a gap can say. */
const stride = 256;

export const csr: Format<Csr, 'pos' | 'idx' | 'val'> = {
  name: 'csr',
  doc: 'the live entries of each row, each with its column or the gap before it',
  values: ['val'],

  detect({ columns }) {
    if (columns <= most16) return { fits: [{ index: 16 }, { index: 8 }], refused: [] };
    const reason = `has ${columns} columns, and 16 bits tell ${most16} apart`;
    return { fits: [{ index: 32 }, { index: 8 }], refused: [{ params: { index: 16 }, reason }] };
  },

  cost(m, { index }) {
    const stored = liveBits(m).live + (index === 8 ? countBridges(m) : 0);
    return { bytes: 4 * (m.rows + 1) + stored * (index / 8 + 4), multiplies: stored, lookups: stored, tests: 0 };
  },

  pack(m, { index }) {
    const { rows, columns, run } = m;
    const entries = liveEntries(m);
    if (index === 8) return { rows, columns, run, parts: gaps(entries, liveBits(m).live + countBridges(m)) };
    if (index === 16 && columns > most16) bug(`16 bits do not tell ${columns} columns apart`);
    const { pos, column, value } = entries;
    return { rows, columns, run, parts: { pos, idx: index === 16 ? Uint16Array.from(column) : column, val: value } };
  },

  unpack({ rows, columns, run, parts: { pos, idx, val } }, { index }) {
    const data = new Float32Array(rows * columns);
    const [to, from] = [wordsOf(data), wordsOf(val as Float32Array<ArrayBuffer>)];
    for (let r = 0; r < rows; r++)
      for (let p = pos[r], column = -1; p < pos[r + 1]; p++) {
        column = index === 8 ? column + 1 + idx[p] : idx[p];
        to[r * columns + column] = from[p];
      }
    return { rows, columns, run, data };
  },

  walk({ parts: { pos, idx, val } }, { index }, row, visit) {
    const [from, to] = [load(pos, row), load(pos, add(row, 1))];
    if (index !== 8) return loop('p', from, to, (p) => visit(load(idx, p), load(val, p)));
    const column = local('column', 'i32');
    return [
      declare(column, -1),
      ...loop('p', from, to, (p) => [assign(column, sum(column, load(idx, p), 1)), ...visit(column, load(val, p))]),
    ];
  },
};

/** Entries of value 0 that gaps of 8 bits need. Inside a word no gap is so long. */
function countBridges(m: Matrix): number {
  const { words, wordsPerRow, wordsPerRun, run } = liveBits(m);
  let bridges = 0;
  for (let row = 0, at = 0; row < m.rows; row++)
    for (let w = 0, start = 0, inRun = 0, next = 0; w < wordsPerRow; w++, at++) {
      const word = words[at];
      if (word !== 0) {
        const column = start + inRun * 32;
        bridges += Math.floor((column + 31 - Math.clz32(word & -word) - next) / stride);
        next = column + 32 - Math.clz32(word);
      }
      if (++inRun === wordsPerRun) [start, inRun] = [start + run, 0];
    }
  return bridges;
}

function gaps({ pos: ends, column, value }: Entries, stored: number) {
  const rows = ends.length - 1;
  const pos = new Int32Array(rows + 1);
  const idx = new Uint8Array(stored);
  const val = new Float32Array(stored);
  const [to, from] = [wordsOf(val), wordsOf(value)];
  let end = 0;
  for (let row = 0; row < rows; row++) {
    for (let p = ends[row], next = 0; p < ends[row + 1]; p++) {
      for (; column[p] - next >= stride; next += stride) idx[end++] = stride - 1;
      idx[end] = column[p] - next;
      to[end++] = from[p];
      next = column[p] + 1;
    }
    pos[row + 1] = end;
  }
  return { pos, idx, val };
}
