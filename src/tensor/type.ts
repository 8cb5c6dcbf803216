/** What a value is: element type, logical shape, how it lies in memory, how it is encoded, and what its numbers mean. */
import type { Quantity } from './quantity.ts';

/** Activations are `f32` or `i32` (comparisons give i32 0 or 1); the others exist in storage only. */
export type DType = 'f32' | 'f16' | 'bf16' | 'i32' | 'u32' | 'i16' | 'u16' | 'i8' | 'u8';

/** Logical sizes, outermost first. Images are [n, h, w, c] whatever their layout; weights are [o, kh, kw, i]. */
export type Shape = readonly number[];

/**
 * Where elements lie.
 *   plain   row-major in the order of the shape
 *   panel   [n, h, w, c] stored as [n][ceil(h·w / lanes)][c][lanes]: `lanes` neighbouring pixels of one
 *           channel side by side. Lanes past the last pixel are padding and hold nothing of meaning. In the same way
 *           [n, t, c], whose pixels are tokens, and any value of two axes or more: see `pictureOf`.
 *           With `pairs`, whole numbers that 16 bits hold are stored in 16 bits each, and channels two by two:
 *           [n][ceil(h·w / lanes)][ceil(c / 2)][lanes][2]. Where c is odd, the last channel has a neighbour of no meaning.
 *   pieces  pixel by pixel, [n][h·w][c padded], in numbers of fewer bits: real ones as f16 or bf16, whole ones that 8 bits
 *           hold as i8. The channels of a pixel are padded with zeros to whole pieces of 16 bytes.
 */
export type Layout =
  | { readonly kind: 'plain' }
  | { readonly kind: 'panel'; readonly lanes: number; readonly pairs?: true }
  | { readonly kind: 'pieces'; readonly of: Narrow };

/** What numbers are in pieces. */
export const narrow = ['f16', 'bf16', 'i8'] as const;

export type Narrow = (typeof narrow)[number];

/** How a constant is stored: a format by name, with its parameters. The graph never looks inside. */
export interface Encoding {
  readonly format: string;
  readonly params: Params;
}

export type Params = Readonly<Record<string, number>>;

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly layout: Layout;
  readonly encoding: Encoding;
  readonly quantity?: Quantity;
}

export const dense: Encoding = { format: 'dense', params: {} };
export const plain: Layout = { kind: 'plain' };
export const panel = (lanes: number): Layout => ({ kind: 'panel', lanes });
export const pieces = (of: Narrow): Layout => ({ kind: 'pieces', of });
export const pairedPanel = (lanes: number): Layout => ({ kind: 'panel', lanes, pairs: true });

export const tensor = (dtype: DType, shape: Shape, layout: Layout = plain, encoding: Encoding = dense): TensorType => ({
  dtype,
  shape,
  layout,
  encoding,
});

export const elements = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

export const sameLayout = (a: Layout, b: Layout): boolean => printLayout(a) === printLayout(b);

export const sameEncoding = (a: Encoding, b: Encoding): boolean =>
  a.format === b.format &&
  Object.keys(a.params).length === Object.keys(b.params).length &&
  Object.entries(a.params).every(([key, value]) => b.params[key] === value);

/** A shape as pictures: the last axis is channels, the first of three or more the pictures, all others are pixels. */
export interface Picture {
  readonly images: number;
  readonly pixels: number;
  readonly channels: number;
}

export const pictureOf = (shape: Shape): Picture => ({
  images: shape.length > 2 ? shape[0] : 1,
  pixels: elements(shape.slice(shape.length > 2 ? 1 : 0, -1)),
  channels: shape[shape.length - 1],
});

/** Channels with those that fill their last piece. */
export const paddedTo = (channels: number, of: Narrow): number => {
  const each = 16 / bytesPer[of];
  return Math.ceil(channels / each) * each;
};

/** Values of so many axes have a picture. */
export const leastPanelAxes = 2;

/** Panels that a shape takes for one picture. */
export const panelsOf = (shape: Shape, lanes: number): number => Math.ceil(pictureOf(shape).pixels / lanes);

/** Elements that a dense value of this type takes in memory, padding lanes included. */
export function storedLength({ shape, layout }: TensorType): number {
  if (layout.kind === 'plain') return elements(shape);
  const { images, pixels, channels } = pictureOf(shape);
  if (layout.kind === 'pieces') return images * pixels * paddedTo(channels, layout.of);
  const stored = layout.pairs ? 2 * Math.ceil(channels / 2) : channels;
  return images * panelsOf(shape, layout.lanes) * stored * layout.lanes;
}

/** The element type of the array that a value lies in. */
export function storedDType({ dtype, layout }: Pick<TensorType, 'dtype' | 'layout'>): DType {
  if (layout.kind === 'pieces') return layout.of;
  return layout.kind === 'panel' && layout.pairs ? 'i16' : dtype;
}

export const bytesPer: Readonly<Record<DType, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  i32: 4,
  u32: 4,
  i16: 2,
  u16: 2,
  i8: 1,
  u8: 1,
};

export function printLayout(layout: Layout): string {
  if (layout.kind === 'panel') return `panel ${layout.lanes}${layout.pairs ? ' pairs' : ''}`;
  return layout.kind === 'pieces' ? `pieces ${layout.of}` : layout.kind;
}

export const printShape = (shape: Shape): string => shape.join('x');
