/** Layers as engines see them. */
import type { Decomposition } from '../../../src/tensor/decomposition.ts';

/**
 * A sparse matrix that slides over an image of whole numbers:
 *
 *   result[y, x, r] = ending(bias[r] + sum of value · input[y·strideY + ky·dilationY − top, x·strideX + kx·dilationX − left, channel])
 *
 * over the entries of row r, with column = (ky·across + kx)·channels + channel, and 0 outside of the image. Sums are exact,
 * or wrap in 32 bits. A grouped or depthwise convolution is a matrix of all channels with few entries; a dense layer has
 * one pixel and one tap; a convolution of one tap and stride 1 may be given as one long row of pixels.
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
  /** What the weights are made of, where they are made of units (SmartDeal). */
  readonly decomposed?: Decomposition;
}

/** Down and across. */
export type Pair = readonly [number, number];

/**
 * Entries of row r stand at `pos[r]` up to, not including, `pos[r + 1]`, columns rising. A value may be 0 where a
 * mask keeps it.
 */
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

export const columnsOf = ({ taps, channels }: Layer): number => taps[0] * taps[1] * channels;

export const liveOf = ({ weights }: Layer): number => weights.column.length;
