/**
 * How long a product takes, estimated before anything is packed: from what a block does in a step, how many blocks a multiprocessor holds, and what
 * the device moves. By it ways and tiles are chosen, and explained. Estimated from what the maker publishes, not measured.
 */
import type { Element } from './elements.ts';
import { perStep } from './elements.ts';
import { extraShare } from './extra.ts';
import type { Along, Tile, Way } from './tiles.ts';
import { isHalved, registersOf, sharedBytes, threadsOf, weightBytesOf } from './tiles.ts';

/** A GPU, by its multiprocessors. */
export interface Device {
  readonly name: string;
  readonly processors: number;
  /** Clocks of a nanosecond. */
  readonly clock: number;
  /** Multiply-adds of f16 in a clock of one multiprocessor, by the instructions that warps have. */
  readonly multiplies: number;
  /** Bytes of shared memory that blocks of a multiprocessor can have, and that move in a clock. */
  readonly shared: number;
  readonly sharedPerClock: number;
  /** Bytes a nanosecond, of the second cache and of memory. */
  readonly cache: number;
  readonly memory: number;
}

/** Its tensor cores do more for groups of four warps (../warpgroup/estimate.ts), which these kernels have not. */
export const h100: Device = {
  ...{ name: 'H100', processors: 132, clock: 1.755, multiplies: 1280 },
  ...{ shared: 227 * 1024, sharedPerClock: 128, cache: 5500, memory: 3350 },
};

/** What a layer asks for, whatever way it is computed. */
export interface Layer {
  readonly rows: number;
  readonly pixels: number;
  /** Steps of all blocks of rows together, and of the longest. */
  readonly steps: number;
  readonly longest: number;
  /** Of the tiles of 16 rows by 32 bytes in these steps, how many are multiplied. */
  readonly live: number;
  /** Of the segments in these steps, how many lines of warps load: all unless given. */
  readonly loaded?: number;
  /** Bytes of weights of a step, where there is room for more. */
  readonly weightBytes?: number;
  /** Bytes that are read before products begin, and written. */
  readonly bytes: number;
}

export type Bound = 'tensor cores' | 'shared memory' | 'cache' | 'memory' | 'waiting';

export interface Estimate {
  readonly ns: number;
  readonly bound: Bound;
  /** Blocks that a multiprocessor holds, and of its threads how many that are. */
  readonly resident: number;
  readonly occupancy: number;
  readonly blocks: number;
  readonly splits: number;
  /** From and to memory. */
  readonly bytes: number;
}

/** Nanoseconds of one more launch in a graph. */
const launch = 1500;

/** Clocks from asking for a piece in the second cache to having multiplied it: what a block alone takes for as many steps as it has stages. */
const latency = 1100;

/** Sparse instructions take a little more than half of the clocks of dense ones. */
const sparseGain = 1.8;

/** By how much more has to be promised of ways that leave weights out: where little is to be gained layers stay dense. */
const doubt = 1.05;

/** Threads and registers of a multiprocessor, and shared memory that the system has of each block. */
const limits = { threads: 2048, registers: 65536, blocks: 32, reserved: 1024 };

export function residentBlocks(way: Way, tile: Tile, element: Element, along: Along, device = h100): number {
  const threads = threadsOf(tile);
  return Math.min(
    limits.blocks,
    Math.floor(limits.threads / threads),
    Math.floor(limits.registers / (threads * registersOf(way, tile))),
    Math.floor(device.shared / (sharedBytes(way, tile, element, along) + limits.reserved)),
  );
}

export function estimate(
  way: Way,
  tile: Tile,
  element: Element,
  along: Along,
  layer: Layer,
  splits: number,
  device = h100,
): Estimate {
  const resident = residentBlocks(way, tile, element, along, device);
  const across = Math.ceil(layer.pixels / tile.pixels);
  const down = Math.ceil(layer.rows / tile.rows);
  const blocks = down * across * splits;
  const { loaded = 1, weightBytes = weightBytesOf(way, tile, element) } = layer;
  const pieces = 128 * tile.pixels;
  const multiplies = tile.rows * tile.pixels * perStep(element) * layer.live * (way === 'extra' ? extraShare : 1);
  const clocks = {
    'tensor cores': multiplies / (device.multiplies * element.rate * (isHalved(way) ? sparseGain : 1)),
    'shared memory':
      ((tile.rows / tile.rowsPerWarp) * pieces * loaded +
        (tile.pixels / tile.pixelsPerWarp) * weightBytes +
        weightBytes +
        pieces) /
      device.sharedPerClock,
    cache: ((weightBytes + pieces) * device.processors * device.clock) / device.cache,
    waiting: latency / (tile.stages - 1) / Math.min(resident, Math.max(1, blocks / device.processors)),
  };
  const [bound, perStepClocks] = largest(clocks);
  const steps = Math.ceil(layer.longest / splits) * (layer.steps / (Math.max(1, layer.longest) * down));
  const turns =
    Math.max(1, Math.ceil(blocks / (device.processors * resident))) *
    Math.min(resident, Math.max(1, blocks / device.processors));
  const partBytes = splits > 1 ? 8 * splits * layer.rows * layer.pixels : 0;
  const bytes = layer.steps * weightBytes + layer.bytes + partBytes;
  const own = (turns * (steps * perStepClocks + latency)) / device.clock;
  const moved = (bytes - partBytes) / device.memory;
  const ns = Math.max(own, moved) + partBytes / device.memory + launch * (splits > 1 ? 2 : 1);
  return {
    ns: way === 'dense' ? ns : ns * doubt,
    bound: moved > own ? 'memory' : bound,
    resident,
    occupancy: (Math.min(resident, blocks / device.processors) * threadsOf(tile)) / limits.threads,
    blocks,
    splits,
    bytes,
  };
}

export function largest<K extends string>(values: Readonly<Record<K, number>>): readonly [K, number] {
  return (Object.entries(values) as [K, number][]).reduce((best, one) => (one[1] > best[1] ? one : best));
}

/** How often the steps of a block are shared out where blocks are too few. */
const splitsTried: readonly number[] = [1, 2, 3, 4, 6, 8, 12, 16];

/** The best way to share out the steps of a layer, in a tile. */
export function bestSplit(way: Way, tile: Tile, element: Element, along: Along, layer: Layer, device = h100): Estimate {
  const tried = splitsTried
    .filter((splits) => splits === 1 || layer.longest >= 4 * splits)
    .map((splits) => estimate(way, tile, element, along, layer, splits, device));
  return tried.reduce((best, one) => (one.ns < best.ns ? one : best));
}
