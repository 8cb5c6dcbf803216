/**
 * How warpgroups cut products: the rows of weights and pixels that a block multiplies at a time, in steps of 128 bytes of each row of
 * weights. Of 2:4 weights that is 128 columns, for which pixels have 256 bytes.
 */
import { alignUp } from '../../../src/plan/arena.ts';

/** How weights lie: all of them, or half of every four. */
export type WideWay = 'dense' | 'sparse';

/**
 * How pixels come: in tiles that lie as shared memory has them, or as pieces of 16 bytes that a list names, which serve convolutions of any
 * kernel.
 */
export type Feed = 'tiles' | 'pieces';

export interface WideTile {
  /** Two warpgroups have half of them each, 64 at once. */
  readonly rows: 128 | 256;
  /** Columns of one instruction. */
  readonly pixels: 64 | 128 | 256;
  /** Blocks of a cluster, which share bringing what is the same for both: pixels of tiles, and weights that meet pieces. */
  readonly blocks: 1 | 2;
}

/** A producer and two consumers of four warps. */
export const wideThreads = 384;

/** So many 32-bit sums are all that a thread has room for. */
const mostSums = 128;

const all: readonly WideTile[] = ([256, 128] as const).flatMap((rows) =>
  ([256, 128, 64] as const).flatMap((pixels) => ([2, 1] as const).map((blocks) => ({ rows, pixels, blocks }))),
);

/** Threads that bring pieces have registers for 128 pixels. */
export const wideTiles = (feed: Feed): readonly WideTile[] =>
  all.filter(({ rows, pixels }) => (rows * pixels) / 256 <= mostSums && (feed === 'tiles' || pixels <= 128));

/** So many rows, and pixels, do clusters have. */
export const clusterOf = ({ rows, pixels, blocks }: WideTile, feed: Feed) =>
  feed === 'tiles' ? { rows: rows * blocks, pixels } : { rows, pixels: pixels * blocks };

/** Columns of a step. */
export const wideStep = (way: WideWay): number => (way === 'sparse' ? 128 : 64);

/** Columns of a layer with those that fill its last step. */
export const wideColumns = (columns: number, way: WideWay): number => alignUp(columns, wideStep(way));

/** Bytes of weights in a step: 128 a row, and for each four columns of sparse ones four bits that tell their places. */
export const wideWeightBytes = (way: WideWay, { rows }: WideTile): number => rows * (way === 'sparse' ? 144 : 128);

export const widePixelBytes = (way: WideWay, { pixels }: WideTile): number => pixels * 2 * wideStep(way);

const stageBytes = (way: WideWay, tile: WideTile): number => wideWeightBytes(way, tile) + widePixelBytes(way, tile);

/** What blocks of Hopper can have, less what stages may be moved by to be aligned, and two barriers of each. */
const room = 227 * 1024 - 1024 - 16 * 8;

/** Steps in shared memory: more than eight are never waited for. */
export const wideStages = (way: WideWay, tile: WideTile): number =>
  Math.min(8, Math.floor(room / stageBytes(way, tile)));

/** How many steps threads go on to while copies of pieces are on their way. */
export const behindOf = (way: WideWay, tile: WideTile): number => Math.min(2, wideStages(way, tile) - 2);

/** Bytes of shared memory of a block. */
export const wideShared = (way: WideWay, tile: WideTile): number =>
  wideStages(way, tile) * (stageBytes(way, tile) + 16) + 1024;

/** Rows that blocks which run at once have, so that what they read of weights and of pixels is about as much. */
const bandRows = 2048;

/** The same in clusters. */
export const bandOf = (tile: WideTile, feed: Feed): number => bandRows / clusterOf(tile, feed).rows;
