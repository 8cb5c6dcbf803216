/** Transpositions that swap two neighbouring groups of axes, the last of them with the one before: of matrices, or of many. */

import type { Arr } from '../../../src/loop/loop.ts';
import type { Kernel, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import { bytesPer, elements } from '../../../src/tensor/type.ts';

export const transpose: Kernel = {
  name: 'transpose',
  doc: 'transposition of matrices',
  integers: true,

  match({ call: { op }, types: { x }, arrays, result }) {
    if (op.kind !== 'transpose') return 'not a transposition';
    if (x.layout.kind !== 'plain' || result.type.layout.kind !== 'plain') return 'does not go from plain to plain';
    if (bytesPer[x.dtype] !== 4) return `moves ${x.dtype}`;
    const swapped = swapOf(x.shape, op.perm);
    if (!swapped) return 'does not swap the last axes with those before';
    return { calls: [swapAxes(arrays.x, result.array, swapped)] };
  },
};

export interface Matrices {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
}

/** y[i][c][r] = x[i][r][c]. */
export const swapAxes = (x: Arr, y: Arr, { count, rows, columns }: Matrices): RoutineCall => ({
  routine,
  args: [x, y, count, rows, columns, 0, columns],
});

const routine: Routine = {
  name: 'swap-axes',
  template: 'wasm/kernels/swap-axes.wat.hbs',
  view: {},
  needs: [],
};

/** Axes of size 1 are anywhere. */
function swapOf(shape: Shape, perm: readonly number[]): Matrices | undefined {
  const order = perm.filter((axis) => shape[axis] > 1);
  const axes = order.toSorted((a, b) => a - b);
  const same = order.findIndex((axis, i) => axis !== axes[i]);
  if (same < 0) return undefined;
  const [before, behind] = [axes.slice(0, same), axes.slice(same)];
  const first = behind.indexOf(order[same]);
  if (order.slice(same).join() !== [...behind.slice(first), ...behind.slice(0, first)].join()) return undefined;
  const size = (some: readonly number[]): number => elements(some.map((axis) => shape[axis]));
  return { count: size(before), rows: size(behind.slice(0, first)), columns: size(behind.slice(first)) };
}
