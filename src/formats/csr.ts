/**
 * Compressed sparse rows: the live entries of each row, each with its column.
 *
 *     1 0 2    pos: 0 2 3
 *     0 3 0    idx: 0 2 1
 *              val: 1 2 3
 */
import { add, load, loop } from '../loop/loop.ts';
import { countLive, liveRows } from '../tensor/matrix.ts';
import type { Format } from './format.ts';

/** `index`: bits of a stored column. */
type Csr = { readonly index: 16 | 32 };

export const csr: Format<Csr, 'pos' | 'idx' | 'val'> = {
  name: 'csr',
  doc: 'the live entries of each row, each with its column',

  detect: ({ columns }) => ({ fits: [{ index: columns <= 1 << 16 ? 16 : 32 }], refused: [] }),

  cost(m, { index }) {
    const live = countLive(m);
    return { bytes: 4 * (m.rows + 1) + live * (index / 8 + 4), multiplies: live, lookups: live };
  },

  pack(m, { index }) {
    const rows = liveRows(m);
    let end = 0;
    const pos = Int32Array.from([0, ...rows.map((row) => (end += row.length))]);
    const columns = rows.flatMap((row) => row.map((e) => e.column));
    const idx = index === 16 ? Uint16Array.from(columns) : Int32Array.from(columns);
    const val = Float32Array.from(rows.flatMap((row) => row.map((e) => e.value)));
    return { rows: m.rows, columns: m.columns, run: m.run, parts: { pos, idx, val } };
  },

  unpack({ rows, columns, run, parts: { pos, idx, val } }) {
    const data = new Float32Array(rows * columns);
    for (let r = 0; r < rows; r++) for (let p = pos[r]; p < pos[r + 1]; p++) data[r * columns + idx[p]] = val[p];
    return { rows, columns, run, data };
  },

  walk: ({ parts: { pos, idx, val } }, _params, row, visit) =>
    loop('p', load(pos, row), load(pos, add(row, 1)), (p) => visit(load(idx, p), load(val, p))),
};
