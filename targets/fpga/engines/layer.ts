/**
 * A layer as engines see it: a sparse matrix that slides over an image of whole numbers.
 *
 * Result[y, x, r] = ending(bias[r] + sum of value · input[y·stride + ky·dilation − padTop, x·stride + kx·dilation − padLeft, channel])
 * over the entries of row r, with column = (ky·across + kx)·channels + channel, and 0 outside of the image. Sums are exact, or wrap in
 * 32 bits. A grouped or depthwise convolution is a matrix of all channels with few entries; a dense layer has one pixel and one tap; a
 * convolution of one tap and stride 1 may be given as one long row of pixels.
 */
export interface Layer {
  /** As the model calls it. Not to be trusted: never an identifier, never in a comment. */
  readonly name: string;
  /** Output channels. */
  readonly rows: number;
  /** Input channels, of all groups. */
  readonly channels: number;
  /** Taps down and across. */
  readonly taps: Pair;
  readonly weights: Entries;
  readonly bias: Int32Array<ArrayBuffer>;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Top, left, bottom, right: zeros around the image, which the engine writes itself. */
  readonly pad: readonly [number, number, number, number];
  /** Height and width. */
  readonly input: Pair;
  readonly output: Pair;
  /** Of signed inputs: 8, whose range is −128..127. */
  readonly inputBits: number;
  /** Of signed weights, the widest: 8 or fewer, 16 where SmartDeal rebuilds them. */
  readonly weightBits: number;
  /** Of the signed sums without bias: enough for every input in range and every order of adding, or 32. */
  readonly accumulatorBits: number;
  /** Of the signed sums with bias: enough as well, or 32. */
  readonly sumBits: number;
  /** What becomes of a sum; without one the result is the sum itself, i32. */
  readonly ending?: Ending;
  /** Where weights are stored as coefficients times a basis. */
  readonly decomposed?: Decomposed;
}

/** Down and across. */
export type Pair = readonly [number, number];

/** Entries of row r stand at `pos[r]` up to, not including, `pos[r + 1]`, columns rising. A value may be 0 where a mask keeps it. */
export interface Entries {
  readonly pos: Int32Array<ArrayBuffer>;
  readonly column: Int32Array<ArrayBuffer>;
  readonly value: Int16Array<ArrayBuffer>;
}

/** clamp(floor((sum · multiplier[r] + 2^(shift[r] − 1)) / 2^shift[r]) + zero, low, high): `requantize` of the graph. */
export interface Ending {
  /** One per row, 0 <= multiplier < 2^15. */
  readonly multiplier: Int32Array<ArrayBuffer>;
  /** One per row, 1..46. */
  readonly shift: Int32Array<ArrayBuffer>;
  readonly zero: number;
  readonly low: number;
  readonly high: number;
}

/**
 * SmartDeal: at one row r and one group g of `span` weights, weight j = sum over k of coefficient[k] · basis[k][j], a coefficient being 0 or ± a
 * power of two. `code` 0 is zero; bit 3 is the sign and bits 0..2 hold k = 1..7 for 2^(7 − k).
 */
export interface Decomposed {
  /** Weights that one row of the basis has, and rows of the basis: 3 for 3x3 kernels. */
  readonly span: number;
  readonly terms: number;
  /** Codes of every group of `span` weights, row by row in the order of columns: `terms` for each. */
  readonly code: Uint8Array<ArrayBuffer>;
  /** int8, terms × span for each unit. */
  readonly basis: Int8Array<ArrayBuffer>;
  /** The unit, which has one basis, of each row and group. */
  readonly unit: Int32Array<ArrayBuffer>;
}

export const columnsOf = ({ taps, channels }: Layer): number => taps[0] * taps[1] * channels;

export const liveOf = ({ weights }: Layer): number => weights.column.length;
