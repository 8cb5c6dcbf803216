/** What memories take: blocks of 18 kbit by the shapes that they have, or look-up tables. */
import { muxLuts, rates } from './rates.ts';

/** Depth and width of a block of 18 kbit, read and written at one port each. */
const shapes: readonly (readonly [number, number])[] = [
  [512, 36],
  [1024, 18],
  [2048, 9],
  [4096, 4],
  [8192, 2],
  [16384, 1],
];

/**
 * Blocks for depth × width bits: slices of a power of two deep, the deepest first, and what is left below in one that is just deep enough.
 */
export function blocks(depth: number, width: number): number {
  if (depth <= 0 || width <= 0) return 0;
  const whole = Math.min(...shapes.map(([deep, wide]) => Math.ceil(depth / deep) * Math.ceil(width / wide)));
  const [deep, wide] = [2048, 9];
  const slices = Math.floor(depth / deep);
  if (slices === 0 || depth % deep === 0) return whole;
  return Math.min(whole, slices * Math.ceil(width / wide) + blocks(depth % deep, width));
}

/** LUTs of a memory that is written at one place and read at another, depth × width bits. */
export function distributed(depth: number, width: number): { readonly lutram: number; readonly lut: number } {
  if (depth <= 32) return { lutram: rates.memory32 * Math.ceil(width / 6), lut: 0 };
  const rows = Math.ceil(depth / 64);
  return { lutram: rates.memory64 * Math.ceil(width / 3) * rows, lut: Math.round(width * muxLuts(rows)) };
}

/** LUTs of a table in logic: 64 bits each, and what chooses between them. */
export const logicTable = (depth: number, width: number): number =>
  Math.round(width * (Math.ceil(depth / 64) + muxLuts(Math.ceil(depth / 64)))) * (depth > 1 ? 1 : 0);

/** From this depth on a memory is a block. */
export const deepest = 256;

export const romBits = ({ depth, width }: { readonly depth: number; readonly width: number }): number => depth * width;
