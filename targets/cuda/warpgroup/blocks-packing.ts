/**
 * Weights in whole tiles, packed for blocks of a cluster that go through the same steps: 64 channels of which some of their rows have weights,
 * once more where a block has no room for all of its tiles. Steps are those of ../tensor/blocks-packing.ts, of each block of the cluster in turn.
 */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { bandsOf } from '../tensor/blocks-arrange.ts';
import type { LiveTiles } from '../tensor/blocks-live.ts';
import { has, liveTiles } from '../tensor/blocks-live.ts';
import type { BlocksStep } from '../tensor/blocks-packing.ts';
import { noTile, startsOf, stepOf, sums, weightsOf } from '../tensor/blocks-packing.ts';
import { spread } from '../tensor/depth.ts';
import type { Element } from '../tensor/elements.ts';
import { mostSegments, tileRows } from '../tensor/tiles.ts';
import type { WideBlocksTile } from './blocks-tiles.ts';

/** What blocks of a cluster compute. */
export interface Cluster {
  /** Of each block its tiles of rows, −1 where there are fewer. */
  readonly bands: readonly (readonly number[])[];
  /** Four segments side by side, −1 for those that another step has. */
  readonly steps: readonly (readonly number[])[];
}

export function clustersOf(live: LiveTiles, tile: WideBlocksTile): readonly Cluster[] {
  const bands = bandsOf(live, tile, tile.blocks);
  return Array.from({ length: bands.length / tile.blocks }, (_, i) => {
    const own = bands.slice(i * tile.blocks, (i + 1) * tile.blocks);
    const steps = Array.from({ length: live.segments / mostSegments }, (_, k) =>
      stepsIn(k * mostSegments, own, live.lines, tile.most),
    );
    return { bands: own, steps: steps.flat() };
  });
}

/** Of the four segments from `first` on: none where there are no weights, several where there is no room for all. */
function stepsIn(first: number, bands: Cluster['bands'], lines: LiveTiles['lines'], most: number): number[][] {
  const steps: number[][] = [];
  let room = bands.map(() => 0);
  for (let s = 0; s < mostSegments; s++) {
    const counts = bands.map((band) => band.filter((line) => line >= 0 && has(lines[line], first + s)).length);
    if (counts.every((n) => n === 0)) continue;
    if (steps.length === 0 || counts.some((n, b) => n > room[b])) {
      steps.push(new Array<number>(mostSegments).fill(-1));
      room = bands.map(() => most);
    }
    room = room.map((left, b) => left - counts[b]);
    steps[steps.length - 1][s] = first + s;
  }
  return steps;
}

export interface WideBlocksPacking {
  readonly weights: Uint32Array<ArrayBuffer>;
  /** Of each cluster its first step; then how many steps there are. */
  readonly begins: Int32Array<ArrayBuffer>;
  /** Of each step where the weights of each block begin, in pieces of 16 bytes; then how many there are. */
  readonly starts: Int32Array<ArrayBuffer>;
  /** Of each step which 64 channels it is of. */
  readonly channels: Int32Array<ArrayBuffer>;
  /** The tiles of 16 rows that blocks have. */
  readonly rowTiles: Int32Array<ArrayBuffer>;
}

/** Of weights with one tap, in 16 bits. */
export function packWideBlocks(matrix: Matrix, tile: WideBlocksTile, element: Element): WideBlocksPacking {
  const live = liveTiles(matrix, element);
  const clusters = clustersOf(live, tile);
  const steps = clusters.flatMap((cluster) =>
    cluster.steps.flatMap((step): readonly BlocksStep[] =>
      cluster.bands.map((band) => stepOf(band, step, live.lines, tile)),
    ),
  );
  const { columns } = live.depth;
  const starts = startsOf(steps);
  const channels = clusters.flatMap((cluster) =>
    cluster.steps.map((step) => Math.floor(Math.max(...step) / mostSegments)),
  );
  const rowTiles = clusters.flatMap(({ bands }) => bands.flat().map((line) => (line < 0 ? noTile : line)));
  return {
    weights: weightsOf(
      steps,
      starts,
      element.store(spread(matrix, live.depth, tileRows).values),
      (columns * element.bytes) / 4,
    ),
    begins: sums(clusters.map((cluster) => cluster.steps.length)),
    ...{ starts, channels: Int32Array.from(channels.length > 0 ? channels : [0]), rowTiles: Int32Array.from(rowTiles) },
  };
}
