/**
 * Packs of b entries that one gather reads from b banks: no two columns of a pack are equal mod b.
 *
 *     1 0 0 2    b = 2, k = 1: packs have one entry of each of two rows
 *     3 4 0 0    ptr: 0 2        packs of each group of rows
 *                col: 0 1  3 0   row by row in a pack, k of each
 *                val: 1 4  2 3
 *
 * The rows of a group are neighbours, or with `scatter` stand anywhere, and then `place` says where each row went. After Sun et al., "Load-balanced Gather-scatter Patterns", 2021.
 */
import { bug } from '../diagnostic.ts';
import { add, declare, div, load, local, loop, mod, mul, sum } from '../loop/loop.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { wordsOf } from '../tensor/matrix.ts';
import type { Gs } from './banks.ts';
import { detectGs, groupRows } from './banks.ts';
import type { Format } from './format.ts';
import { eachBit, liveBits } from './livebits.ts';
import { packGroup } from './packs.ts';
import { placeBytes, placesFor } from './places.ts';

export const gs: Format<Gs> = {
  name: 'gs',
  doc: 'packs of entries in different banks, as many from each row of a group',
  values: ['val'],
  detect: detectGs,

  cost(m, { b, k, scatter }) {
    const live = liveBits(m).live;
    const order = scatter ? placeBytes(m.rows) * m.rows : 0;
    const bytes = 4 * ((m.rows * k) / b + 1) + live * (placeBytes(m.columns) + 4) + order;
    return { bytes, multiplies: live, lookups: live, tests: 0 };
  },

  pack(m, { b, k, scatter }) {
    const { rows, columns, run, data } = m;
    const height = b / k;
    const order = groupRows(m, { b, k, scatter });
    if (typeof order === 'string') bug(`packs of ${b} do not hold a matrix that ${order}`);
    const ptr = new Int32Array(rows / height + 1);
    const live = liveBits(m).live;
    const [col, val] = [placesFor(columns, live), new Float32Array(live)];
    const [to, from] = [wordsOf(val), wordsOf(data)];
    for (let group = 0, end = 0; group < rows / height; group++) {
      const entries = entriesOf(m, order.subarray(group * height, (group + 1) * height));
      const row = entries.map(([i]) => i);
      const bank = entries.map(([, column]) => column % b);
      for (const entry of packGroup({ rows: height, banks: b, row, bank })) {
        if (entry < 0) bug(`a pack of group ${group} is not full`);
        const [i, column] = entries[entry];
        col[end] = column;
        to[end++] = from[order[group * height + i] * columns + column];
      }
      ptr[group + 1] = end / b;
    }
    if (!scatter) return { rows, columns, run, parts: { ptr, col, val } };
    const place = placesFor(rows, rows);
    for (const [slot, row] of order.entries()) place[row] = slot;
    return { rows, columns, run, parts: { place, ptr, col, val } };
  },

  unpack({ rows, columns, run, parts: { place, ptr, col, val } }, { b, k, scatter }) {
    const data = new Float32Array(rows * columns);
    const [to, from] = [wordsOf(data), wordsOf(val as Float32Array<ArrayBuffer>)];
    for (let row = 0; row < rows; row++) {
      const slot = scatter ? place[row] : row;
      const group = Math.floor((slot * k) / b);
      for (let pack = ptr[group]; pack < ptr[group + 1]; pack++) {
        const first = pack * b + ((slot * k) % b);
        for (let at = first; at < first + k; at++) to[row * columns + col[at]] = from[at];
      }
    }
    return { rows, columns, run, data };
  },

  walk({ parts: { place, ptr, col, val } }, { b, k, scatter }, row, visit) {
    const slot = local('slot', 'i32');
    const group = div(slot, b / k);
    const lane = mul(mod(slot, b / k), k);
    return [
      declare(slot, scatter ? load(place, row) : row),
      ...loop('pack', load(ptr, group), load(ptr, add(group, 1)), (pack) =>
        loop('j', 0, k, (j) => {
          const at = sum(mul(pack, b), lane, j);
          return visit(load(col, at), load(val, at));
        }),
      ),
    ];
  },
};

/** The live entries of some rows, row by row: the row among these, and the column. */
function entriesOf(m: Matrix, rows: Int32Array): readonly (readonly [row: number, column: number])[] {
  const bits = liveBits(m);
  const entries: (readonly [number, number])[] = [];
  for (const [i, row] of rows.entries())
    eachBit(bits, bits.words, (column) => void entries.push([i, column]), row * bits.wordsPerRow);
  return entries;
}
