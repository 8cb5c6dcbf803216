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
import type { Bound, Device, Estimate } from '../tensor/estimate.ts';
import { h100, largest } from '../tensor/estimate.ts';
import type { WideTile, WideWay } from './tiles.ts';
import { bandOf, widePixelBytes, wideStages, wideStep, wideThreads, wideWeightBytes } from './tiles.ts';

/** What a layer asks for, as it is. */
export interface WideLayer {
  readonly rows: number;
  readonly pixels: number;
  readonly columns: number;
  /** Bytes that are read before products begin, and written. */
  readonly bytes: number;
}

/** Multiply-adds of f16 in a clock of one multiprocessor, by warpgroups, and what share of them anyone reaches. */
const multiplies = 2048;
const reached = 0.85;

/** Bytes a nanosecond that bulk copies bring from the second cache to all multiprocessors. */
const cache = 6800;

/** Clocks from asking for a step to having it; of a barrier and of beginning a block's next rows. */
const latency = 1500;
const begun = 400;

/** Bytes that a multiprocessor stores in a clock. */
const storing = 32;

/** Nanoseconds of one more launch in a graph. */
const launch = 1500;

/** By how much more has to be promised: of weights that are left out, and of two blocks that wait for each other. */
const doubt = { sparse: 1.05, pair: 1.02 };

const sharedOf = (way: WideWay, tile: WideTile): number => {
  const { rows, pixels } = tile;
  const instructions = (rows / 64) * 4;
  const read = instructions * (2048 + pixels * (way === 'sparse' ? 64 : 32));
  return read + wideWeightBytes(way, tile) + widePixelBytes(way, tile);
};

export function estimateWide(
  way: WideWay,
  tile: WideTile,
  layer: WideLayer,
  splits: number,
  device: Device = h100,
): Estimate {
  const { rows, pixels, blocks: together } = tile;
  const step = wideStep(way);
  const [weightBytes, pixelBytes] = [wideWeightBytes(way, tile), widePixelBytes(way, tile)];
  const steps = Math.ceil(layer.columns / step);
  const clusters = Math.ceil(layer.rows / (rows * together)) * Math.ceil(layer.pixels / pixels) * splits;
  const own = Math.ceil(clusters / Math.floor(device.processors / together));
  const busy = Math.min(clusters * together, device.processors);
  const clocks: Readonly<Record<Exclude<Bound, 'memory'>, number>> = {
    'tensor cores': (rows * pixels * step) / (multiplies * reached * (way === 'sparse' ? 2 : 1)),
    'shared memory': sharedOf(way, tile) / device.sharedPerClock,
    cache: ((weightBytes + pixelBytes / together) * busy * device.clock) / cache,
    waiting: latency / (wideStages(way, tile) - 1),
  };
  const [bound, perStep] = largest(clocks);
  const perJob = Math.ceil(steps / splits) * perStep + (4 * rows * pixels) / storing + begun;
  const partBytes = splits > 1 ? 8 * splits * layer.rows * layer.pixels : 0;
  const bands = Math.ceil(layer.rows / (rows * together) / bandOf(tile));
  const weights = Math.ceil(layer.rows / (rows * together)) * together * steps * weightBytes;
  const bytes = weights + layer.bytes + (bands - 1) * 2 * layer.columns * layer.pixels + partBytes;
  const computed = (own * perJob + latency) / device.clock;
  const moved = (bytes - partBytes) / device.memory;
  const ns = Math.max(computed, moved) + partBytes / device.memory + launch * (splits > 1 ? 2 : 1);
  return {
    ns: ns * (way === 'sparse' ? doubt.sparse : 1) * (together === 2 ? doubt.pair : 1),
    bound: moved > computed ? 'memory' : bound,
    resident: 1,
    occupancy: (wideThreads * Math.min(1, busy / device.processors)) / 2048,
    blocks: clusters * together,
    splits,
    bytes,
  };
}

const splitsTried: readonly number[] = [1, 2, 3, 4, 6, 8];

/** The best way to share out the steps of a layer, in a tile. */
export function bestWideSplit(way: WideWay, tile: WideTile, layer: WideLayer): Estimate {
  const steps = Math.ceil(layer.columns / wideStep(way));
  return splitsTried
    .filter((splits) => splits === 1 || steps >= 4 * splits)
    .map((splits) => estimateWide(way, tile, layer, splits))
    .reduce((best, one) => (one.ns < best.ns ? one : best));
}
