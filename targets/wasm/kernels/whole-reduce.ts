/** Sums of all pixels of whole numbers that lie in pairs of channels. */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import { isPairs, lanes, rowBytes } from '../panels.ts';

export const wholeReduce: Kernel = {
  name: 'whole-reduce',
  doc: 'sums of all pixels, from pairs of channels to rows of them',
  integers: true,

  match({ call: { op }, types: { x }, arrays, result }) {
    if (op.kind !== 'reduce' || op.fn !== 'sum') return 'not a sum along axes';
    if (!isPairs(x) || result.type.layout.kind !== 'plain') return 'does not go from pairs to plain';
    if (op.axes.length !== 2 || !op.axes.every((axis) => axis === 1 || axis === 2)) return 'not over all pixels';
    const [n, h, w, c] = x.shape;
    return { calls: [{ routine, args: [arrays.x, result.array, n, h * w, c] }] };
  },
};

const routine: Routine = {
  name: 'whole-reduce',
  template: 'wasm/kernels/whole-reduce.wat.hbs',
  view: {
    lanes,
    round: lanes - 1,
    row: rowBytes,
    others: Array.from({ length: lanes / 4 - 1 }, (_, i) => 16 * (i + 1)),
  },
  needs: [],
};
