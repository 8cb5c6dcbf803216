/**
 * Every element, row by row.
 *
 *     1 0 2
 *     0 3 0    val: 1 0 2 0 3 0
 */
import { add, load, loop, mul } from '../loop/loop.ts';
import type { Format } from './format.ts';

export const dense: Format<Record<string, never>, 'val'> = {
  name: 'dense',
  doc: 'every element, row by row',
  detect: () => ({ fits: [{}], refused: [] }),
  cost: ({ rows, columns }) => ({ bytes: 4 * rows * columns, multiplies: rows * columns, lookups: 0 }),
  pack: ({ rows, columns, run, data }) => ({ rows, columns, run, parts: { val: data.slice() } }),
  unpack: ({ rows, columns, run, parts: { val } }) => ({ rows, columns, run, data: Float32Array.from(val) }),
  walk: ({ columns, parts: { val } }, _params, row, visit) =>
    loop('c', 0, columns, (c) => visit(c, load(val, add(mul(row, columns), c)))),
};
