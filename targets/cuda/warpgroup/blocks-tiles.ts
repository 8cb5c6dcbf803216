/** How products with weights in whole tiles are cut where one thread brings steps by copies in bulk, and eight warps multiply. */

import type { Element } from '../tensor/elements.ts';
import type { Tile } from '../tensor/tiles.ts';
import { weightBytesOf } from '../tensor/tiles.ts';

export interface WideBlocksTile extends Tile {
  /** Tiles of weights that a step has room for. */
  readonly most: number;
  /** Blocks of a cluster that have the same pixels, and share bringing them. */
  readonly blocks: 1 | 2;
}

const cuts: readonly Omit<WideBlocksTile, 'blocks'>[] = [
  { rows: 384, pixels: 128, rowsPerWarp: 96, pixelsPerWarp: 64, stages: 6, most: 40 },
  { rows: 256, pixels: 128, rowsPerWarp: 64, pixelsPerWarp: 64, stages: 6, most: 36 },
  { rows: 256, pixels: 64, rowsPerWarp: 64, pixelsPerWarp: 32, stages: 8, most: 36 },
  { rows: 128, pixels: 128, rowsPerWarp: 32, pixelsPerWarp: 64, stages: 8, most: 20 },
];

export const wideBlocksTiles: readonly WideBlocksTile[] = cuts.flatMap((cut) =>
  ([2, 1] as const).map((blocks) => ({ ...cut, blocks })),
);

/** Bytes of shared memory of a block: stages, and two barriers of each. */
export const wideBlocksShared = (t: WideBlocksTile, element: Element): number =>
  t.stages * (weightBytesOf('blocks', t, element) + 128 * t.pixels + 16);
