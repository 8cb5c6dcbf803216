/** Values into panels and out of them, and copies. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Kernel, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Picture } from '../../../src/tensor/type.ts';
import { pictureOf, sameLayout, storedLength } from '../../../src/tensor/type.ts';
import { copyBlocks } from '../blocks.ts';
import { transposeBlock } from '../moving.ts';
import { isPanel } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';

export const relayout: Kernel = {
  name: 'relayout',
  doc: 'values into panels and out of them, four pixels and channels at a time',

  match({ call: { op }, types: { x }, arrays, result: { type, array } }) {
    if (op.kind !== 'relayout') return 'not a change of layout';
    if (sameLayout(x.layout, type.layout)) {
      const length = storedLength(type);
      const block = { count: 1, length };
      return { calls: [copyBlocks(block, { x: arrays.x, xStep: length }, { y: array, yStep: length })] };
    }
    const args = { x: arrays.x, y: array, ...pictureOf(type.shape) };
    if (x.layout.kind === 'plain' && isPanel(type)) return { calls: [call(between('into-panels'), args)] };
    if (type.layout.kind === 'plain' && isPanel(x)) return { calls: [call(between('out-of-panels'), args)] };
    return 'neither layout is plain, or panels are of another width';
  },
};

/** Row-major images of so many channels as panels. */
export const intoPanels = (x: Arr, y: Arr, picture: Picture): RoutineCall =>
  call(between('into-panels'), { x, y, ...picture });

const members = 'x y images pixels channels' as const;

const between = (name: 'into-panels' | 'out-of-panels'): CpuRoutine<typeof members> => ({
  name,
  template: `cpu/kernels/${name}.c.hbs`,
  view: {},
  needs: [transposeBlock],
  struct: name.replaceAll('-', '_'),
  members,
});
