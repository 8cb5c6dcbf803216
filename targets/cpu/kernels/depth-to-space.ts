/** Blocks of channels spread out over pixels, in panels. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { panelsOf } from '../../../src/tensor/type.ts';
import { flatChannel } from '../moving.ts';
import { isPanel, lanes } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';

export const depthToSpace: Kernel = {
  name: 'depth-to-space',
  doc: 'channels spread out over pixels, row by row',

  match({ call: { op }, types: { x }, arrays, result: { type, array }, scratch }) {
    if (op.kind !== 'depth-to-space') return 'does not spread channels over pixels';
    if (!isPanel(x) || !isPanel(type)) return 'the images are not in panels';
    const [images, height, width, channels] = x.shape;
    const { block } = op;
    const numbers = (block * panelsOf(x.shape, lanes) + panelsOf(type.shape, lanes)) * lanes;
    const args = { x: arrays.x, y: array, scratch: scratch('rows', 'f32', numbers) };
    return { calls: [call(depthToSpaceRoutine, { ...args, images, height, width, channels, block })] };
  },
};

const members = 'x y scratch images height width channels block' as const;

export const depthToSpaceRoutine: CpuRoutine<typeof members> = {
  name: 'depth-to-space',
  template: 'cpu/kernels/depth-to-space.c.hbs',
  view: {},
  needs: [flatChannel],
  struct: 'depth_to_space',
  members,
};
