/** Sequences in panels: tokens lie side by side as the pixels of an image do, so that a dense layer is a convolution. */
import type { Activation } from '../../src/ops/scalar.ts';
import type { Shape, TensorType } from '../../src/tensor/type.ts';
import { pictureOf } from '../../src/tensor/type.ts';

/** Below so many tokens most lanes of a panel would be empty. */
const leastTokens = 8;

/** More channels are not numbered in a convolution. */
const mostChannels = 65535;

/** Whether a value has enough tokens for panels. */
export const isSequence = ({ shape }: TensorType): boolean =>
  shape.length > 1 && pictureOf(shape).pixels >= leastTokens;

/** Whether a dense layer is computed as a convolution. */
export const isPointwise = (x: TensorType, y: TensorType): boolean =>
  isSequence(x) && [x, y].every(({ shape }) => pictureOf(shape).channels <= mostChannels);

/** [n, 1, tokens, channels]. */
export function asPicture(shape: Shape): Shape {
  const { images, pixels, channels } = pictureOf(shape);
  return [images, 1, pixels, channels];
}

/** A dense layer of sequences in panels as the convolution with one tap that it is. */
export const pointwise = (x: TensorType, y: TensorType, activation: Activation) => ({
  from: asPicture(x.shape),
  to: asPicture(y.shape),
  plain: false,
  kernel: [1, 1],
  stride: [1, 1],
  dilation: [1, 1],
  pad: [0, 0],
  activation,
});
