/** Panels, as the kernels of this target lay images out. */
import type { Routine } from '../../src/plan/kernel.ts';
import type { TensorType } from '../../src/tensor/type.ts';
import { panel, panelsOf, pictureOf } from '../../src/tensor/type.ts';

/** Pixels side by side: four vectors of AVX-512, sixteen of NEON. */
export const lanes = 64;

export const inPanels = panel(lanes);

export const isPanel = ({ layout }: TensorType): boolean => layout.kind === 'panel' && layout.lanes === lanes;

/** Numbers in every panel of one picture. */
export const pictureSize = ({ shape }: TensorType): number =>
  panelsOf(shape, lanes) * pictureOf(shape).channels * lanes;

export const vector: Routine = { name: 'vector', template: 'cpu/kernels/vector.c.hbs', view: {}, needs: [] };

/** A routine that others call, in the template of its name. */
export const helper = (name: string, needs: readonly Routine[]): Routine => ({
  name,
  template: `cpu/kernels/${name}.c.hbs`,
  view: {},
  needs,
});

/** Whether axes in this order make pictures of planes, one a channel: the order of panels, but for their length. */
export const channelsLast = (perm: readonly number[]): boolean => perm.join() === '0,2,3,1';
