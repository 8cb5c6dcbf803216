/**
 * How long a product takes, estimated before anything is packed: from what a block does in a step, how many blocks a multiprocessor holds, and what
 * the device moves. By it ways and tiles are chosen, and explained. What binds is counted, and priced by rates like all else.
 */
import type { Use } from '../../../src/plan/rates.ts';
import type { Device } from '../devices.ts';
import { cacheOf } from '../devices.ts';
import type { Setting } from '../rates/rates.ts';
import type { Element } from './elements.ts';
import { perStep } from './elements.ts';
import { extraShare } from './extra.ts';
import type { Along, Tile, Way } from './tiles.ts';
import { isHalved, registersOf, sharedBytes, threadsOf, weightBytesOf } from './tiles.ts';

/** What a layer asks for, whatever way it is computed. */
export interface Layer {
  readonly rows: number;
  readonly pixels: number;
  /** Of weights, as the layer has them. */
  readonly columns: number;
  /** Steps of all blocks of rows together, and of the longest. */
  readonly steps: number;
  readonly longest: number;
  /** Of the tiles of 16 rows by 32 bytes in these steps, how many are multiplied. */
  readonly live: number;
  /** Of the segments in these steps, how many lines of warps load: all unless given. */
  readonly loaded?: number;
  /** Bytes of weights of a step, where there is room for more. */
  readonly weightBytes?: number;
  /** Bytes that are read by products, beside weights, and written. */
  readonly bytes: number;
  readonly before: Before;
  /** That blocks do not share sums. */
  readonly alone?: boolean;
}

/** What makes of x what is multiplied: launches, and the bytes that they read and write. */
export interface Before {
  readonly launches: number;
  readonly bytes: number;
}

export type Bound = 'tensor cores' | 'shared memory' | 'cache' | 'waiting';

/** What is counted of a layer on tensor cores: what binds it, in clocks of a multiprocessor or bytes, and what goes on beside nothing else. */
export type TensorThing = Bound | 'call' | 'memory';

/** What computes each way, as rates and users call it. */
export const families = {
  dense: 'tensor cores',
  sparse: 'sparse tensor cores',
  extra: 'sparse tensor cores, half of the columns twice',
  blocks: 'tensor cores, tiles left out',
  gathered: 'sparse tensor cores, columns gathered',
} as const satisfies Readonly<Record<Way, string>>;

export type TensorFamily = (typeof families)[Way];

export interface Estimate {
  readonly ns: number;
  readonly bound: Bound | 'memory';
  readonly counts: Readonly<Partial<Record<TensorThing, number>>>;
  readonly splits: number;
  readonly use: Use;
}

/** Clocks from asking for a piece in the second cache to having multiplied it: what a block alone takes for as many steps as it has stages. */
const latency = 1100;

/** Sparse instructions take a little more than half of the clocks of dense ones. */
const sparseGain = 1.8;

/** Blocks that a multiprocessor has room for. */
export function residentBlocks(way: Way, tile: Tile, element: Element, along: Along, device: Device): number {
  const threads = threadsOf(tile);
  return Math.min(
    device.blocks,
    Math.floor(device.threads / threads),
    Math.floor(device.registers / (threads * registersOf(way, tile))),
    Math.floor(device.shared / (sharedBytes(way, tile, element, along) + device.perBlock)),
  );
}

export function estimate(
  way: Way,
  tile: Tile,
  element: Element,
  along: Along,
  layer: Layer,
  splits: number,
  { device, rates }: Setting,
): Estimate {
  const resident = residentBlocks(way, tile, element, along, device);
  const across = Math.ceil(layer.pixels / tile.pixels);
  const down = Math.ceil(layer.rows / tile.rows);
  const blocks = down * across * splits;
  const busy = Math.min(resident, Math.max(1, blocks / device.processors));
  const { loaded = 1, weightBytes = weightBytesOf(way, tile, element) } = layer;
  const pieces = 128 * tile.pixels;
  const multiplies = tile.rows * tile.pixels * perStep(element) * layer.live * (way === 'extra' ? extraShare : 1);
  const inStep: Readonly<Record<Bound, number>> = {
    'tensor cores': multiplies / (device.tensor[element.name] * (isHalved(way) ? sparseGain : 1)),
    'shared memory':
      ((tile.rows / tile.rowsPerWarp) * pieces * loaded +
        (tile.pixels / tile.pixelsPerWarp) * weightBytes +
        weightBytes +
        pieces) /
      (128 * device.loads),
    cache: ((weightBytes + pieces) * device.processors * device.clock) / cacheOf(device),
    waiting: latency / (tile.stages - 1) / busy,
  };
  const steps = Math.ceil(layer.longest / splits) * (layer.steps / (Math.max(1, layer.longest) * down));
  const turns = Math.max(1, Math.ceil(blocks / (device.processors * resident))) * busy;
  const family = rates.families[families[way]];
  const ns = (thing: TensorThing, count: number): number => count * (family[thing] ?? 0);
  const [own, clocks] = longest(inStep, (bound, each) => ns(bound, turns * (steps * each + latency)));

  const partBytes = splits > 1 ? 8 * splits * layer.rows * layer.pixels : 0;
  const bytes = layer.steps * weightBytes + layer.bytes;
  const isMemory = ns('memory', bytes) > ns(own, turns * (steps * clocks + latency));
  const alone = layer.before.bytes + partBytes;
  const counts = {
    call: 1 + layer.before.launches + (splits > 1 ? 1 : 0),
    memory: alone + (isMemory ? bytes : 0),
    ...(!isMemory && { [own]: turns * (steps * clocks + latency) }),
  };
  const things = Object.entries(counts) as [TensorThing, number][];
  return {
    ns: things.reduce((sum, [thing, count]) => sum + ns(thing, count), 0),
    bound: isMemory ? 'memory' : own,
    counts,
    splits,
    use: {
      tile: `${tile.rows}x${tile.pixels}`,
      ...(splits > 1 && { splits }),
      ...{
        blocks,
        resident,
        occupancy: (Math.min(resident, blocks / device.processors) * threadsOf(tile)) / device.threads,
      },
      ...{ registers: registersOf(way, tile), shared: sharedBytes(way, tile, element, along) },
      bytes: bytes + alone,
      padding: paddingOf(way, tile, element, layer),
    },
  };
}

/** Of what is multiplied, how much is beyond the layer's rows, pixels and columns, against these. Of lists of columns or tiles only rows and pixels count. */
function paddingOf(way: Way, tile: Tile, element: Element, { rows, pixels, columns, longest }: Layer): number {
  const whole = Math.ceil(rows / tile.rows) * tile.rows * Math.ceil(pixels / tile.pixels) * tile.pixels;
  const deep = way === 'dense' || way === 'sparse' ? (longest * perStep(element)) / columns : 1;
  return (whole * deep) / (rows * pixels) - 1;
}

/** What takes most of the time of a step, and its clocks. */
export function longest(
  inStep: Readonly<Record<Bound, number>>,
  ns: (bound: Bound, clocks: number) => number,
): readonly [Bound, number] {
  const all = Object.entries(inStep) as [Bound, number][];
  const taken = all.map(([bound, clocks]) => ns(bound, clocks));
  return all[taken.indexOf(Math.max(...taken))];
}

/** How often the steps of a block are shared out where blocks are too few. */
const splitsTried: readonly number[] = [1, 2, 3, 4, 6, 8, 12, 16];

/** The best way to share out the steps of a layer, in a tile. */
export function bestSplit(
  way: Way,
  tile: Tile,
  element: Element,
  along: Along,
  layer: Layer,
  setting: Setting,
): Estimate {
  const tried = splitsTried
    .filter((splits) => splits === 1 || (!layer.alone && layer.longest >= 4 * splits))
    .map((splits) => estimate(way, tile, element, along, layer, splits, setting));
  return tried.reduce((best, one) => (one.ns < best.ns ? one : best));
}
