/** How products are cut: what a block and a warp compute, and what a block takes of a multiprocessor. */
import type { Element } from './elements.ts';
import { stepBytes } from './fragments.ts';
import { sparseOrder } from './sparse.ts';

/** How weights lie: all of them, half in every few columns, up to three quarters, in whole tiles, or half of columns that are gathered. */
export type Way = 'dense' | 'sparse' | 'extra' | 'blocks' | 'gathered';

/** Whether instructions for sparse weights multiply. */
export const isHalved = (way: Way): boolean => way === 'sparse' || way === 'extra' || way === 'gathered';

export interface Tile {
  readonly rows: number;
  readonly pixels: number;
  readonly rowsPerWarp: number;
  readonly pixelsPerWarp: number;
  readonly stages: number;
  /** Of weights in whole tiles: how many of those of 16 rows by 32 bytes a step has room for. */
  readonly most?: number;
}

const tile = (rows: number, pixels: number, rowsPerWarp: number, pixelsPerWarp: number, stages: number): Tile => ({
  ...{ rows, pixels, rowsPerWarp, pixelsPerWarp, stages },
});

/** The largest first. Sparse weights take 32 rows a warp, whose places share words. */
export const tiles: readonly Tile[] = [
  tile(256, 128, 64, 64, 3),
  tile(128, 256, 64, 64, 3),
  tile(128, 128, 64, 32, 4),
  tile(64, 128, 32, 64, 4),
  tile(128, 64, 32, 64, 4),
  tile(64, 64, 32, 32, 4),
  tile(32, 128, 32, 32, 4),
  tile(64, 32, 32, 16, 5),
  tile(32, 64, 32, 16, 5),
];

/**
 * Those of weights of which whole tiles are left out. What pixels have is read from the second cache once for all rows of a block, and weights
 * once for all of its pixels: where a fifth of the weights is there, blocks of many rows read least. Warps have as many sums as registers hold.
 */
export const blockTiles: readonly Tile[] = [
  { ...tile(384, 128, 96, 64, 3), most: 32 },
  { ...tile(256, 128, 64, 64, 3), most: 28 },
  { ...tile(512, 64, 128, 32, 3), most: 48 },
  { ...tile(256, 64, 64, 32, 3), most: 28 },
  { ...tile(128, 128, 64, 64, 3), most: 20 },
  { ...tile(128, 64, 32, 32, 4), most: 16 },
  { ...tile(64, 64, 32, 32, 4), most: 12 },
  { ...tile(64, 32, 32, 16, 4), most: 12 },
];

/** Rows of a tile of weights, and bytes of a row: what tensor cores multiply at once, and what is there or is left out. */
export const tileRows = 16;
export const segmentBytes = 32;
export const tileBytes = tileRows * segmentBytes;

/** Segments of a step, and bytes before its tiles that say which they are. */
export const mostSegments = 4;
export const headBytes = 32;

export const threadsOf = ({ rows, pixels, rowsPerWarp, pixelsPerWarp }: Tile): number =>
  (32 * rows * pixels) / (rowsPerWarp * pixelsPerWarp);

/** Whether weights of which whole tiles are left out are cut so, and no others. */
export const isForBlocks = ({ most }: Tile): boolean => most !== undefined;

/** Blocks that the registers of a multiprocessor do for: two where shared memory does as well, and what else compilers choose. */
export const leastBlocks = (way: Way, { rows, pixels }: Tile): number =>
  (way === 'blocks' && rows * pixels <= 128 * 128) || (isHalved(way) && way !== 'extra' && rows * pixels === 128 * 128)
    ? 2
    : 1;

/** Of sparse weights in a step. */
export const segmentsOf = (way: Way): number => (way === 'extra' ? 3 : 2);

/** Bytes that weights of a step of a block of rows have room for. One tile more than there are is loaded ahead, and is nobody's. */
export function weightBytesOf(way: Way, { rows, most = 0 }: Tile, element: Element): number {
  if (way === 'dense') return 128 * rows;
  return way === 'blocks' ? 128 + (most + 1) * tileBytes : stepBytes(sparseOrder(rows, element, segmentsOf(way)));
}

/** How sums cross shared memory: columns of 8 pixels a warp at once, and distances that keep banks apart. */
export interface Crossing {
  readonly slice: number;
  readonly placeRow: number;
  readonly placePixel: number;
  readonly bytes: number;
}

/** Neighbouring threads store neighbouring rows, or pixels. */
export type Along = 'rows' | 'pixels';

export function crossingOf(t: Tile, along: Along, room: number): Crossing {
  const columns = t.pixelsPerWarp / 8;
  for (let slice = columns; ; slice /= 2) {
    const staged = (t.pixels / t.pixelsPerWarp) * slice * 8;
    const placeRow = along === 'rows' ? 1 : staged + 8;
    const placePixel = along === 'rows' ? t.rows + 4 : 1;
    const bytes = 4 * (along === 'rows' ? staged * placePixel : t.rows * placeRow);
    if (bytes <= room || slice % 2 === 1) return { slice, placeRow, placePixel, bytes };
  }
}

/** Bytes of shared memory of a block. */
export function sharedBytes(way: Way, t: Tile, element: Element, along: Along): number {
  const stages = t.stages * (weightBytesOf(way, t, element) + 128 * t.pixels);
  return Math.max(stages, crossingOf(t, along, stages).bytes) + placeBytes(t);
}

/** Where the results of each pixel go. */
export const placeBytes = ({ pixels }: Tile): number => 4 * pixels;

/** Registers of a thread: the most of sm_80, sm_90, sm_100 and sm_120, of nvcc 13.0. test/slow/cuda-products.test.ts and cuda-blocks.test.ts compile them again. */
export function registersOf(way: Way, { rows, pixels }: Tile): number {
  const cut = `${rows}x${pixels}`;
  return way === 'blocks' ? blockRegisters[cut] : registers[cut][way];
}

const registers: Readonly<Record<string, Readonly<Record<Exclude<Way, 'blocks'>, number>>>> = {
  '256x128': { dense: 254, sparse: 239, extra: 250, gathered: 244 },
  '128x256': { dense: 254, sparse: 242, extra: 254, gathered: 244 },
  '128x128': { dense: 160, sparse: 128, extra: 176, gathered: 128 },
  '64x128': { dense: 196, sparse: 203, extra: 204, gathered: 193 },
  '128x64': { dense: 182, sparse: 187, extra: 189, gathered: 190 },
  '64x64': { dense: 126, sparse: 128, extra: 127, gathered: 127 },
  '32x128': { dense: 140, sparse: 138, extra: 138, gathered: 125 },
  '64x32': { dense: 88, sparse: 89, extra: 93, gathered: 89 },
  '32x64': { dense: 91, sparse: 91, extra: 94, gathered: 83 },
};

const blockRegisters: Readonly<Record<string, number>> = {
  ...{ '384x128': 255, '256x128': 254, '512x64': 196, '256x64': 124 },
  ...{ '128x128': 212, '128x64': 94, '64x64': 97, '64x32': 74 },
};
