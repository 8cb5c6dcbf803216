/** Windows over images: how much padding the words `same` and `valid` stand for. */

/** `same`: as many places as strides go into the image. `valid`: none beside it. Or rows and columns: top, left, bottom, right. */
export type Padding = 'same' | 'valid' | readonly number[];

export interface Window {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/** Rows and columns of padding round an image of [height, width]: top, left, bottom, right. */
export function padOf(
  padding: Padding,
  image: readonly number[],
  { size, stride, dilation }: Window,
): readonly number[] {
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding !== 'same') return padding;
  const totals = image.map((length, i) => {
    const places = Math.ceil(length / stride[i]);
    return Math.max(0, (places - 1) * stride[i] + (size[i] - 1) * dilation[i] + 1 - length);
  });
  // The odd one goes to the bottom and to the right.
  const [top, left] = totals.map((t) => Math.floor(t / 2));
  return [top, left, totals[0] - top, totals[1] - left];
}
