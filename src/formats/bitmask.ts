/**
 * One bit for each weight, 1 where it is kept, and the kept ones in order.
 *
 *     1 0 2    pos:  0 2
 *     0 3 0    bits: 101 010    lowest bit first, rows not aligned: the byte 0b010101
 *              val:  1 2 3
 */
import { add, assign, binary, both, declare, load, local, loop, mul, when } from '../loop/loop.ts';
import { liveEntries, liveness, wordsOf } from '../tensor/matrix.ts';
import type { Format } from './format.ts';
import { liveBits } from './livebits.ts';

const bytesOfBits = (rows: number, columns: number): number => Math.ceil((rows * columns) / 8);

export const bitmask: Format<Record<string, never>, 'pos' | 'bits' | 'val'> = {
  name: 'bitmask',
  doc: 'a bit for each weight, and the live entries of each row',
  values: ['val'],
  detect: () => ({ fits: [{}], refused: [] }),

  cost(m) {
    const live = liveBits(m).live;
    const bytes = 4 * m.rows + bytesOfBits(m.rows, m.columns) + 4 * live;
    return { bytes, multiplies: live, lookups: live, tests: m.rows * m.columns };
  },

  pack(m) {
    const live = liveness(m);
    const bits = new Uint8Array(bytesOfBits(m.rows, m.columns));
    for (let at = 0; at < live.length; at++) bits[at >> 3] |= live[at] << (at & 7);
    const { pos, value } = liveEntries(m);
    return { rows: m.rows, columns: m.columns, run: m.run, parts: { pos: pos.slice(0, -1), bits, val: value } };
  },

  unpack({ rows, columns, run, parts: { bits, val } }) {
    const data = new Float32Array(rows * columns);
    const [to, from] = [wordsOf(data), wordsOf(val as Float32Array<ArrayBuffer>)];
    for (let at = 0, p = 0; at < to.length; at++) if ((bits[at >> 3] >> (at & 7)) & 1) to[at] = from[p++];
    return { rows, columns, run, data };
  },

  walk({ columns, parts: { pos, bits, val } }, _params, row, visit) {
    const p = local('p', 'i32');
    return [
      declare(p, load(pos, row)),
      ...loop('c', 0, columns, (c) => {
        const at = add(mul(row, columns), c);
        const bit = both(binary('>>', load(bits, binary('>>', at, 3)), both(at, 7)), 1);
        return [when(bit, [...visit(c, load(val, p)), assign(p, add(p, 1))])];
      }),
    ];
  },
};
