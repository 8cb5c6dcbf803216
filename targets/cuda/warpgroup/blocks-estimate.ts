/** How long products with weights in whole tiles take where steps come by copies in bulk, in the style of estimate.ts: from counts, not measured. */
import type { Setting } from '../rates/rates.ts';
import type { LiveTiles } from '../tensor/blocks-live.ts';
import { has, perSegment } from '../tensor/blocks-live.ts';
import type { Element } from '../tensor/elements.ts';
import type { Bound, Estimate, TensorThing } from '../tensor/estimate.ts';
import { longest } from '../tensor/estimate.ts';
import { headBytes, mostSegments, segmentBytes, tileBytes, tileRows } from '../tensor/tiles.ts';
import type { Cluster } from './blocks-packing.ts';
import { clustersOf } from './blocks-packing.ts';
import type { WideBlocksTile } from './blocks-tiles.ts';
import { wideBlocksShared, wideBlocksTiles } from './blocks-tiles.ts';
import type { WideLayer } from './estimate.ts';
import { begun, cache, doubt, latency, storing } from './estimate.ts';
import { wideThreads } from './tiles.ts';

export interface WideBlocksOffer {
  readonly tile: WideBlocksTile;
  readonly estimate: Estimate;
}

/** What blocks do of all clusters, for one block of pixels. */
interface Counts {
  readonly clusters: number;
  /** Of clusters; tiles, those of the busiest line of warps, and segments that lines of warps load, of blocks. */
  readonly steps: number;
  readonly tiles: number;
  readonly busiest: number;
  readonly loads: number;
}

function countsOf(clusters: readonly Cluster[], { lines }: LiveTiles, { rows, rowsPerWarp }: WideBlocksTile): Counts {
  const [down, inWarp] = [rows / rowsPerWarp, rowsPerWarp / tileRows];
  let [steps, tiles, busiest, loads] = [0, 0, 0, 0];
  for (const cluster of clusters) {
    steps += cluster.steps.length;
    for (const band of cluster.bands) {
      // Warps wait for each other only where one is as many steps behind as there are stages.
      let most = 0;
      for (let d = 0; d < down; d++) {
        const own = band.slice(d * inWarp, (d + 1) * inWarp).filter((line) => line >= 0);
        const counts = cluster.steps.flat().map((s) => (s < 0 ? 0 : own.filter((line) => has(lines[line], s)).length));
        const all = counts.reduce((sum, n) => sum + n, 0);
        tiles += all;
        loads += counts.filter((n) => n > 0).length;
        most = Math.max(most, all);
      }
      busiest += most;
    }
  }
  return { clusters: clusters.length, steps, tiles, busiest, loads };
}

/** How much more the busiest line of warps has to do than the others, of weights that are anywhere. */
const unfair = 1.03;

/** Of blocks of `r` rows that are anywhere: a `share` of them is there. */
function countsPromised(
  { rows, rowsPerWarp, blocks }: WideBlocksTile,
  { lines, segments, share, r }: Promised,
): Counts {
  const anyOf = (count: number): number => 1 - (1 - share) ** Math.max(1, (count * tileRows) / r);
  const [perCluster, perWarp] = [(blocks * rows) / tileRows, rowsPerWarp / tileRows];
  const clusters = Math.ceil(lines / perCluster);
  const tiles = segments * share * lines;
  return {
    ...{ clusters, tiles },
    // Four segments are one block where blocks are as wide.
    steps: clusters * (segments / mostSegments) * anyOf(Math.min(lines, perCluster)),
    busiest: (tiles * unfair * rowsPerWarp) / rows,
    loads: segments * anyOf(Math.min(lines, perWarp)) * Math.ceil(lines / perWarp),
  };
}

/** Tiles of rows and segments of a layer. */
export interface Promised {
  readonly lines: number;
  readonly segments: number;
  readonly share: number;
  readonly r: number;
}

/** What computes them, as rates and users call it. */
export const wideBlocksFamily = 'tensor cores, tiles copied in bulk';

export type WideBlocksLayer = Omit<WideLayer, 'columns'>;

function estimateFor(
  tile: WideBlocksTile,
  element: Element,
  layer: WideBlocksLayer,
  counts: Counts,
  splits: number,
  { device, rates }: Setting,
): Estimate {
  const { rows, pixels, rowsPerWarp, pixelsPerWarp, blocks, stages } = tile;
  const blockCount = counts.clusters * blocks;
  const across = Math.ceil(layer.pixels / pixels);
  const jobs = counts.clusters * across * splits;
  const own = Math.ceil(jobs / Math.floor(device.processors / blocks));
  const busy = Math.min(jobs * blocks, device.processors);
  const steps = counts.steps / counts.clusters;
  const weightBytes = (counts.tiles / blockCount) * tileBytes + steps * headBytes;
  const pixelBytes = steps * 128 * pixels;
  const loaded = (counts.loads / blockCount) * segmentBytes * pixels;
  const multiplies = (counts.busiest / blockCount) * (rows / rowsPerWarp) * tileRows * pixels * perSegment(element);
  const fetched = ((weightBytes + pixelBytes / blocks) * busy * device.clock) / cache;
  const inJob: Readonly<Record<Bound, number>> = {
    'tensor cores': multiplies / device.tensor[element.name],
    'shared memory': (weightBytes * (pixels / pixelsPerWarp + 1) + loaded + pixelBytes) / (128 * device.loads),
    cache: fetched,
    // So many steps are on their way at once.
    waiting: (latency * steps + fetched) / (stages - 1),
  };
  const family = rates.families[wideBlocksFamily];
  const ns = (thing: TensorThing, count: number): number => count * (family[thing] ?? 0);
  const clocksOf = (job: number): number =>
    (own * (job / splits + (4 * rows * pixels) / storing + begun) + latency) * (blocks === 2 ? doubt.pair : 1);
  const [bound, job] = longest(inJob, (thing, each) => ns(thing, clocksOf(each)));
  const partBytes = splits > 1 ? 8 * splits * layer.rows * layer.pixels : 0;
  const bytes = weightBytes * blockCount + layer.bytes;
  const alone = layer.before.bytes + partBytes;
  const isMemory = ns('memory', bytes) > ns(bound, clocksOf(job));
  const all = {
    call: 1 + layer.before.launches + (splits > 1 ? 1 : 0),
    memory: alone + (isMemory ? bytes : 0),
    ...(!isMemory && { [bound]: clocksOf(job) }),
  };
  const things = Object.entries(all) as [TensorThing, number][];
  return {
    ns: things.reduce((sum, [thing, count]) => sum + ns(thing, count), 0),
    ...{ bound: isMemory ? 'memory' : bound, counts: all, splits },
    use: {
      tile: `${rows}x${pixels}${blocks === 2 ? ' in pairs' : ''}`,
      ...(splits > 1 && { splits }),
      ...{ blocks: jobs * blocks, resident: 1, shared: wideBlocksShared(tile, element), bytes: bytes + alone },
      occupancy: (wideThreads * Math.min(1, busy / device.processors)) / device.threads,
      padding: (counts.clusters * blocks * rows * across * pixels) / (layer.rows * layer.pixels) - 1,
    },
  };
}

const splitsTried: readonly number[] = [1, 2, 3, 4, 6, 8];

/** Of weights that are known, cheapest first. */
export const wideBlocksOffers = (live: LiveTiles, element: Element, layer: WideBlocksLayer, setting: Setting) =>
  offersBy((tile) => countsOf(clustersOf(live, tile), live, tile), element, layer, setting);

/** Of those that a format promises. */
export const wideBlocksPromised = (promised: Promised, element: Element, layer: WideBlocksLayer, setting: Setting) =>
  offersBy((tile) => countsPromised(tile, promised), element, layer, setting);

function offersBy(
  countsIn: (tile: WideBlocksTile) => Counts,
  element: Element,
  layer: WideBlocksLayer,
  setting: Setting,
): readonly WideBlocksOffer[] {
  const offers = wideBlocksTiles.flatMap((tile) => {
    const counts = countsIn(tile);
    return splitsTried
      .filter((splits) => splits === 1 || counts.steps >= 4 * splits * counts.clusters)
      .map((splits) => ({ tile, estimate: estimateFor(tile, element, layer, counts, splits, setting) }));
  });
  return offers.sort((a, b) => a.estimate.ns - b.estimate.ns);
}
