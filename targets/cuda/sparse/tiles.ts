/** How blocks of threads share a dense layer, and what bounds them. */
import type { Device } from '../devices.ts';
import { h100 } from '../devices.ts';
import type { Bound } from './machine.ts';
import { boundBy } from './machine.ts';
import type { Planes } from './planes.ts';

export interface Tiles {
  /** Of a block. */
  readonly rows: number;
  readonly places: number;
  /** Of a thread, in fours. */
  readonly rowFours: number;
  readonly placeFours: number;
  /** Parts of the columns that blocks of their own add up. */
  readonly splits: number;
}

export interface Tiled {
  readonly planes: Planes;
  readonly images: number;
  /** Of channels. */
  readonly groups: number;
  /** Of a group. */
  readonly rows: number;
  readonly columns: number;
}

/** Columns that come to shared memory at once. */
export const depth = 8;

export const threadsOf = ({ rows, places, rowFours, placeFours }: Tiles): number =>
  (rows * places) / (16 * rowFours * placeFours);

/** Of a thread, at most: nvcc is held to it. */
export const registersOf = ({ rowFours, placeFours }: Pick<Tiles, 'rowFours' | 'placeFours'>): number =>
  Math.min(128, 72 + 16 * rowFours * placeFours);

const choices: readonly Omit<Tiles, 'splits'>[] = [
  { rows: 128, places: 128, rowFours: 2, placeFours: 2 },
  { rows: 64, places: 128, rowFours: 2, placeFours: 2 },
  { rows: 64, places: 64, rowFours: 1, placeFours: 2 },
  { rows: 32, places: 64, rowFours: 1, placeFours: 1 },
  { rows: 32, places: 32, rowFours: 1, placeFours: 1 },
];

/** Columns of a part, at least. */
const leastColumns = 128;

/** Those that are bound least. */
export function tilesOf(tiled: Tiled, device: Device = h100): Tiles {
  const all = choices.flatMap((choice) =>
    [1, 2, 4, 8, 16]
      .filter((splits) => splits === 1 || tiled.columns / splits >= leastColumns)
      .map((splits): Tiles => ({ ...choice, splits })),
  );
  const cycles = all.map((tiles) => tileBound(tiled, tiles, device).cycles);
  return all[cycles.indexOf(Math.min(...cycles))];
}

export function tileBound(
  { planes, images, groups, rows, columns }: Tiled,
  tiles: Tiles,
  device: Device = h100,
): Bound {
  const { rowFours, placeFours, splits } = tiles;
  const blocks = Math.ceil(planes.places / tiles.places) * Math.ceil(rows / tiles.rows) * groups * images * splits;
  const own = Math.ceil(columns / splits);
  const threads = threadsOf(tiles);
  const made = 16 * rowFours * placeFours + rowFours + placeFours + 2;
  const loads = rowFours * 2 + placeFours * 4;
  const copied = (tiles.rows / 128 + tiles.places / 32) * 3;
  const inColumn = 4 * (tiles.rows + tiles.places);
  const shares = {
    'shared memory': (own * (threads / 32) * loads) / device.loads,
    instructions:
      own * Math.max(((threads / 32) * made + copied) / device.issues, (tiles.rows * tiles.places) / device.lanes),
    cache: (inColumn * own) / device.cache,
  };
  const alone = own * (made + 8) + (own / depth) * barrier + start;
  const used = { threads, registers: registersOf(tiles), shared: 2 * depth * inColumn };
  const bound = boundBy({ blocks, shares, alone, ...used }, device);
  if (splits === 1) return bound;
  const summed = (8 * splits * rows * groups * planes.places * images) / (device.cache * device.processors);
  return { ...bound, cycles: bound.cycles + launched + summed };
}

/** Cycles in which a block waits for all of its threads; until it begins; and of one more launch. */
const barrier = 100;
const start = 1500;
const launched = 3000;
