/** Layer normalisation in panels: sums down the channels of every token. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { pictureOf } from '../../../src/tensor/type.ts';
import { isPanel, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';

export const layerNorm: Kernel = {
  name: 'layer-norm',
  doc: 'layer normalisation of sequences and images in panels',

  match({ call: { op }, types: { x }, arrays, result: { type, array } }) {
    if (op.kind !== 'layer-norm') return 'not a layer normalisation';
    if (!isPanel(x) || !isPanel(type)) return 'the values are not in panels';
    const { images, pixels, channels } = pictureOf(x.shape);
    const { scale, offset } = arrays;
    const args = { x: arrays.x, y: array, scale, offset, epsilon: { f32: op.epsilon } };
    return { calls: [call(routine, { ...args, images, pixels, channels })] };
  },
};

const members = 'x y scale offset images pixels channels epsilon' as const;

const routine: CpuRoutine<typeof members> = {
  name: 'layer-norm',
  template: 'cpu/kernels/layer-norm.c.hbs',
  view: {},
  needs: [vector],
  struct: 'layer_norm',
  members,
};
