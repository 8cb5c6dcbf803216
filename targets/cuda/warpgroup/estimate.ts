/**
 * How long a product by warpgroups takes, in the style of ../tensor/estimate.ts, of one block on each multiprocessor: estimated from what the
 * maker publishes and from counts, not measured.
 *
 * An instruction of 64 rows reads all of its pixels from shared memory, and brings as many bytes as the tensor cores multiply in time:
 * 128 a clock. For N pixels, which take N / 2 clocks in 16 columns, or in 32 of sparse weights,
 *
 *     dense   2 KB of weights and  32 N bytes of pixels: 128 N / 2 clocks, 80 bytes a clock of 256 pixels
 *     sparse  2 KB of weights and  64 N bytes of pixels: 144 bytes a clock of 256 pixels
 *
 * and what copies write comes on top. So sparse products wait for shared memory before they wait for tensor cores.
 */
import type { Setting } from '../rates/rates.ts';
import type { Before, Bound, Estimate, TensorThing } from '../tensor/estimate.ts';
import { longest } from '../tensor/estimate.ts';
import type { Feed, WideTile, WideWay } from './tiles.ts';
import {
  bandOf,
  behindOf,
  clusterOf,
  widePixelBytes,
  wideShared,
  wideStages,
  wideStep,
  wideThreads,
  wideWeightBytes,
} from './tiles.ts';

/** What a layer asks for, as it is. */
export interface WideLayer {
  readonly rows: number;
  readonly pixels: number;
  readonly columns: number;
  /** Bytes that are read by products, beside weights, and written. */
  readonly bytes: number;
  readonly before: Before;
}

/** What computes each way, as rates and users call it. */
export const wideFamilies = {
  dense: 'tensor cores by warpgroups',
  sparse: 'sparse tensor cores by warpgroups',
} as const satisfies Readonly<Record<WideWay, string>>;

/** Multiply-adds of f16 in a clock of one multiprocessor, by warpgroups, and what share of them anyone reaches. */
const multiplies = 2048;
const reached = 0.85;

/** Bytes a nanosecond that bulk copies bring from the second cache to all multiprocessors. */
export const cache = 6800;

/** Clocks from asking for a step to having its first bytes; of a barrier and of beginning a block's next rows. */
export const latency = 1200;
export const begun = 400;

/** Bytes that a multiprocessor stores in a clock. */
export const storing = 32;

/** By how much more has to be promised of two blocks that wait for each other, and of pieces that threads copy. */
export const doubt = { pair: 1.02, pieces: 1.05 };

const sharedOf = (way: WideWay, tile: WideTile): number => {
  const { rows, pixels } = tile;
  const instructions = (rows / 64) * 4;
  const read = instructions * (2048 + pixels * (way === 'sparse' ? 64 : 32));
  return read + wideWeightBytes(way, tile) + widePixelBytes(way, tile);
};

export function estimateWide(
  way: WideWay,
  tile: WideTile,
  feed: Feed,
  layer: WideLayer,
  splits: number,
  { device, rates }: Setting,
): Estimate {
  const { rows, pixels, blocks: together } = tile;
  const step = wideStep(way);
  const [weightBytes, pixelBytes] = [wideWeightBytes(way, tile), widePixelBytes(way, tile)];
  const steps = Math.ceil(layer.columns / step);
  const cluster = clusterOf(tile, feed);
  const down = Math.ceil(layer.rows / cluster.rows);
  const across = Math.ceil(layer.pixels / cluster.pixels);
  const clusters = down * across * splits;
  const own = Math.ceil(clusters / Math.floor(device.processors / together));
  const busy = Math.min(clusters * together, device.processors);
  const brought = feed === 'tiles' ? weightBytes + pixelBytes / together : weightBytes / together + pixelBytes;
  const fetched = (brought * busy * device.clock) / cache;
  const inStep: Readonly<Record<Bound, number>> = {
    'tensor cores': (rows * pixels * step) / (multiplies * reached * (way === 'sparse' ? 2 : 1)),
    'shared memory': sharedOf(way, tile) / (128 * device.loads),
    cache: fetched,
    // So many steps are on their way at once.
    waiting: (latency + fetched) / (feed === 'tiles' ? wideStages(way, tile) - 1 : behindOf(way, tile) + 1),
  };
  const family = rates.families[wideFamilies[way]];
  const ns = (thing: TensorThing, count: number): number => count * (family[thing] ?? 0);
  const clocksOf = (perStep: number): number =>
    (own * (Math.ceil(steps / splits) * perStep + (4 * rows * pixels) / storing + begun) + latency) *
    (together === 2 ? doubt.pair : 1) *
    (feed === 'pieces' ? doubt.pieces : 1);
  const [bound, perStep] = longest(inStep, (thing, each) => ns(thing, clocksOf(each)));
  const partBytes = splits > 1 ? 8 * splits * layer.rows * layer.pixels : 0;
  const bands = Math.ceil(down / bandOf(tile, feed));
  const weights = ((down * cluster.rows) / rows) * steps * weightBytes;
  const bytes = weights + layer.bytes + (bands - 1) * 2 * layer.columns * layer.pixels;
  const alone = layer.before.bytes + partBytes;
  const isMemory = ns('memory', bytes) > ns(bound, clocksOf(perStep));
  const counts = {
    call: 1 + layer.before.launches + (splits > 1 ? 1 : 0),
    memory: alone + (isMemory ? bytes : 0),
    ...(!isMemory && { [bound]: clocksOf(perStep) }),
  };
  const things = Object.entries(counts) as [TensorThing, number][];
  const multiplied = down * cluster.rows * across * cluster.pixels * steps * step;
  return {
    ns: things.reduce((sum, [thing, count]) => sum + ns(thing, count), 0),
    ...{ bound: isMemory ? 'memory' : bound, counts, splits },
    use: {
      tile: `${rows}x${pixels}${together === 2 ? ' in pairs' : ''}`,
      ...(splits > 1 && { splits }),
      ...{ blocks: clusters * together, resident: 1, shared: wideShared(way, tile), bytes: bytes + alone },
      occupancy: (wideThreads * Math.min(1, busy / device.processors)) / device.threads,
      padding: multiplied / (layer.rows * layer.pixels * layer.columns) - 1,
    },
  };
}

const splitsTried: readonly number[] = [1, 2, 3, 4, 6, 8];

/** The best way to share out the steps of a layer, in a tile. */
export function bestWideSplit(way: WideWay, tile: WideTile, feed: Feed, layer: WideLayer, setting: Setting): Estimate {
  const steps = Math.ceil(layer.columns / wideStep(way));
  return splitsTried
    .filter((splits) => splits === 1 || steps >= 4 * splits)
    .map((splits) => estimateWide(way, tile, feed, layer, splits, setting))
    .reduce((best, one) => (one.ns < best.ns ? one : best));
}
