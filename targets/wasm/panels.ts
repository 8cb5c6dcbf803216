/** The panels that kernels work on: 28 pixels are seven vectors, a row of 28, two of 14, four of 7, half a row of 56. */
import type { Layout, TensorType } from '../../src/tensor/type.ts';
import { pairedPanel, panel, storedLength, tensor } from '../../src/tensor/type.ts';

export const lanes = 28;

/** Bytes of one channel of a panel. */
export const rowBytes = 4 * lanes;

export const panels: Layout = panel(lanes);

export const isPanels = ({ layout }: TensorType): boolean =>
  layout.kind === 'panel' && layout.lanes === lanes && !layout.pairs;

/** Panels of whole numbers, two channels in a word of 32 bits. */
export const pairs: Layout = pairedPanel(lanes);

export const isPairs = ({ layout }: TensorType): boolean =>
  layout.kind === 'panel' && layout.lanes === lanes && layout.pairs === true;

/** What pairs are for all that moves words: panels of half as many channels. */
export const wordsOf = ({ shape }: TensorType): TensorType =>
  tensor('f32', shape.with(3, Math.ceil(shape[3] / 2)), panels);

/** Bytes from a panel to the next. */
export const panelBytes = ({ shape }: TensorType): number => shape[3] * rowBytes;

/** Bytes from a picture of a batch to the next. */
export const pictureBytes = (type: TensorType): number => (4 * storedLength(type)) / type.shape[0];

/** Every how many rows of so many pixels begin with a vector. */
export const rowsOfVectors = (width: number): number => (width % 4 === 0 ? 1 : width % 2 === 0 ? 2 : 4);
