/**
 * Every element, row by row.
 *
 *     1 0 2
 *     0 3 0    val: 1 0 2 0 3 0
 */
import { add, load, loop, mul } from '../loop/loop.ts';
import { liveness } from '../tensor/matrix.ts';
import type { Format } from './format.ts';

export const dense: Format<Record<string, never>, 'val'> = {
  name: 'dense',
  doc: 'every element, row by row',
  values: ['val'],
  detect: () => ({ fits: [{}], refused: [] }),
  cost: ({ rows, columns }) => ({ bytes: 4 * rows * columns, multiplies: rows * columns, lookups: 0, tests: 0 }),

  pack(m) {
    const val = m.data.slice();
    if (m.mask) {
      const live = liveness(m);
      for (let at = 0; at < val.length; at++) if (live[at] === 0) val[at] = 0;
    }
    return { rows: m.rows, columns: m.columns, run: m.run, parts: { val } };
  },

  unpack: ({ rows, columns, run, parts: { val } }) => ({
    rows,
    columns,
    run,
    data: (val as Float32Array<ArrayBuffer>).slice(0, rows * columns),
  }),

  walk: ({ columns, parts: { val } }, _params, row, visit) =>
    loop('c', 0, columns, (c) => visit(c, load(val, add(mul(row, columns), c)))),
};
