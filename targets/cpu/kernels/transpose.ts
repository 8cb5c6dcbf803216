/** Plain values with their axes in another order: blocks moved whole, or rows and columns swapped. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import { elements } from '../../../src/tensor/type.ts';
import { transposeBlock } from '../moving.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';

export const transpose: Kernel = {
  name: 'transpose',
  doc: 'plain values with two axes swapped, four rows and columns at a time',

  match({ call: { op }, types: { x }, arrays, result: { type, array } }) {
    if (op.kind !== 'transpose') return 'not a transposition';
    if (x.layout.kind !== 'plain' || type.layout.kind !== 'plain') return 'not plain';
    const axes = axesOf(x.shape, op.perm);
    const rows = axes.find((axis) => axis.y === 1);
    const columns = axes.find((axis) => axis.x === 1);
    if (!rows || !columns || rows === columns) return 'the last axis stays the last';
    const others = axes.filter((axis) => axis !== rows && axis !== columns);
    if (others.length > 2) return 'more than four axes move';
    const [inner = still, outer = still] = others.toReversed();
    return {
      calls: [
        call(swap, {
          x: arrays.x,
          y: array,
          rows: rows.size,
          columns: columns.size,
          x_step: rows.x,
          y_step: columns.y,
          inner: inner.size,
          x_inner: inner.x,
          y_inner: inner.y,
          outer: outer.size,
          x_outer: outer.x,
          y_outer: outer.y,
        }),
      ],
    };
  },
};

/** An axis, and how far one step along it goes in the value and in the result. */
interface Axis {
  readonly size: number;
  readonly x: number;
  readonly y: number;
}

const still: Axis = { size: 1, x: 0, y: 0 };

/** The axes of the result, outermost first, those that stay together made one, and those of size 1 left out. */
function axesOf(shape: Shape, perm: readonly number[]): readonly Axis[] {
  const axes: Axis[] = [];
  for (const [i, from] of perm.entries()) {
    const y = elements(perm.slice(i + 1).map((axis) => shape[axis]));
    const axis: Axis = { size: shape[from], x: elements(shape.slice(from + 1)), y };
    const last = axes.at(-1);
    if (axis.size === 1) continue;
    if (last && last.x === axis.x * axis.size) axes[axes.length - 1] = { ...axis, size: last.size * axis.size };
    else axes.push(axis);
  }
  return axes;
}

const members = 'x y rows columns x_step y_step inner x_inner y_inner outer x_outer y_outer' as const;

const swap: CpuRoutine<typeof members> = {
  name: 'swap-axes',
  template: 'cpu/kernels/swap-axes.c.hbs',
  view: {},
  needs: [transposeBlock],
  struct: 'swap_axes',
  members,
};
