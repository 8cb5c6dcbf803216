/** How blocks of threads share a dense layer, and what bounds them. */
import type { Planes } from './planes.ts';
import type { Machine } from './shape.ts';
import { large } from './shape.ts';

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
export function tilesOf(tiled: Tiled, machine: Machine = large): Tiles {
  const all = choices.flatMap((choice) =>
    [1, 2, 4, 8, 16]
      .filter((splits) => splits === 1 || tiled.columns / splits >= leastColumns)
      .map((splits): Tiles => ({ ...choice, splits })),
  );
  const cycles = all.map((tiles) => tileCycles(tiled, tiles, machine));
  return all[cycles.indexOf(Math.min(...cycles))];
}

/** Cycles of the layer. */
export function tileCycles(
  { planes, images, groups, rows, columns }: Tiled,
  tiles: Tiles,
  machine: Machine = large,
): number {
  const { rowFours, placeFours, splits } = tiles;
  const blocks = Math.ceil(planes.places / tiles.places) * Math.ceil(rows / tiles.rows) * groups * images * splits;
  const own = Math.ceil(columns / splits);
  const warps = threadsOf(tiles) / 32;
  const made = 16 * rowFours * placeFours + rowFours + placeFours + 2;
  const loads = rowFours * 2 + placeFours * 4;
  const copied = (tiles.rows / 128 + tiles.places / 32) * 3;
  const bytes = 4 * (tiles.rows + tiles.places) * own;
  const busy = Math.max(
    (own * (warps * made + copied)) / machine.issues,
    (own * warps * loads) / machine.loads,
    bytes / machine.bytes,
  );
  const alone = own * (made + 8) + (own / depth) * 100 + 1500;
  const resident = Math.max(
    1,
    Math.min(
      Math.floor(machine.threads / (32 * warps)),
      Math.floor(machine.registers / (32 * warps * (56 + 16 * rowFours * placeFours))),
    ),
  );
  const each = Math.ceil(blocks / machine.processors);
  const together = Math.min(each, resident);
  const summed =
    splits > 1
      ? launched + (8 * splits * rows * groups * planes.places * images) / (machine.bytes * machine.processors)
      : 0;
  return Math.ceil(each / together) * Math.max(alone, together * busy) + summed;
}

/** Cycles of one more launch. */
const launched = 3000;
