/** Pictures with each channel's pixels side by side, as neighbouring invocations read them: one panel that is the whole plane. */
import type { Layout, TensorType } from '../../src/tensor/type.ts';
import { panel, pictureOf } from '../../src/tensor/type.ts';

export const planes = ({ shape }: TensorType): Layout => panel(pictureOf(shape).pixels);

export const isPlanes = ({ shape, layout }: TensorType): boolean =>
  layout.kind === 'panel' && layout.lanes === pictureOf(shape).pixels;
