/** Values with their axes in another order: rows and columns swapped, and pictures that come channel by channel. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Kernel, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Picture, Shape } from '../../../src/tensor/type.ts';
import { elements, pictureOf } from '../../../src/tensor/type.ts';
import { transposeBlock } from '../moving.ts';
import { channelsLast, isPanel, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { beside, call } from '../routine.ts';

export const transpose: Kernel = {
  name: 'transpose',
  doc: 'values with two axes swapped, four rows and columns at a time, and channels of pictures into panels',

  match(site) {
    const {
      call: { op },
      types: { x },
      arrays,
      result: { type, array },
    } = site;
    if (op.kind !== 'transpose') return 'not a transposition';
    if (x.layout.kind !== 'plain') return 'not plain';
    if (isPanel(type) && channelsLast(op.perm))
      return { calls: [intoPanels(site, { x: arrays.x, y: array, ...pictureOf(type.shape) })] };
    if (type.layout.kind !== 'plain') return 'not plain';
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

function intoPanels(site: KernelSite, members: Readonly<Record<'x' | 'y', Arr>> & Picture): RoutineCall {
  const { view, members: more, given } = beside(site, 'pixels', members.pixels);
  const routine: CpuRoutine = {
    name: 'planes-into-panels',
    template: 'cpu/kernels/planes-into-panels.c.hbs',
    view,
    needs: [vector],
    struct: 'planes_into_panels',
    members: `x y images pixels channels${more}`,
  };
  return call(routine, { ...members, ...given });
}
