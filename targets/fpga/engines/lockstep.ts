/**
 * Lanes in groups that walk through rows in order, each group reading one value for all of its lanes. A tile is as
 * many neighbouring rows as a group has lanes; its columns are those that any of its rows keeps, or all of them.
 * Every group has its own copy of the ring. A sum stays in its register until the row ends.
 */

import type { Estimate, ScheduledPlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { columnsOf } from '../contract/layer.ts';
import { copiesOf } from '../schedule/banks.ts';
import type { Piece } from '../schedule/lanes.ts';
import { lanesFor, wordsIn, wordsOfRows } from '../schedule/lanes.ts';
import type { Found } from './assemble.ts';
import { assemble } from './assemble.ts';
import { estimate } from './outline.ts';

export interface Lockstep {
  readonly engine: string;
  /** Lanes of one cluster: a multiple of `height`. */
  readonly lanes: number;
  readonly clusters: number;
  /** Lanes that read the same: rows of a tile. */
  readonly height: number;
  /** Columns that no row of a tile keeps are multiplied nevertheless. */
  readonly all?: boolean;
  readonly values?: Found['values'];
}

/** The columns of each tile, rising: those that one of its rows keeps. */
export function tileColumns(layer: Layer, height: number, all = false): readonly Int32Array[] {
  const { pos, column } = layer.weights;
  const columns = columnsOf(layer);
  const every = all ? Int32Array.from({ length: columns }, (_, c) => c) : undefined;
  const seen = new Int32Array(columns).fill(-1);
  return Array.from({ length: Math.ceil(layer.rows / height) }, (_, tile) => {
    const [from, to] = [pos[tile * height], pos[Math.min(layer.rows, (tile + 1) * height)]];
    if (every) return every;
    if (height === 1) return column.subarray(from, to);
    const used = new Int32Array(to - from);
    let count = 0;
    for (let e = from; e < to; e++) {
      if (seen[column[e]] !== tile) used[count++] = column[e];
      seen[column[e]] = tile;
    }
    return used.slice(0, count).sort();
  });
}

/** Columns of all tiles together, and words that they take: each tile begins a sum. */
interface TileCounts {
  readonly columns: number;
  readonly words: number;
}

/** What was counted once: foldings ask again and again. */
const counted = new WeakMap<Layer, Map<number, TileCounts>>();

function countTiles(layer: Layer, height: number): TileCounts {
  const known = counted.get(layer) ?? new Map<number, TileCounts>();
  const found = known.get(height) ?? countAnew(layer, height);
  counted.set(layer, known.set(height, found));
  return found;
}

function countAnew(layer: Layer, height: number): TileCounts {
  const { pos, column } = layer.weights;
  const seen = new Int32Array(columnsOf(layer)).fill(-1);
  let [columns, words] = [0, 0];
  for (let row = 0, tile = 0; row < layer.rows; row += height, tile++) {
    const before = columns;
    for (let e = pos[row]; e < pos[Math.min(layer.rows, row + height)]; e++) {
      const c = column[e];
      if (seen[c] !== tile) columns++;
      seen[c] = tile;
    }
    words += Math.max(1, columns - before);
  }
  return { columns, words };
}

/** Multiplications by nothing for each by something, when tiles have this height and rows are spread evenly. */
export const tilePadding = (layer: Layer, height: number): number =>
  (height * countTiles(layer, height).columns) / Math.max(1, layer.weights.column.length) - 1;

export function lockstep(layer: Layer, how: Lockstep): ScheduledPlan {
  const { lanes, height, engine, all } = how;
  const groups = lanes / height;
  const columns = tileColumns(layer, height, all);
  const tiles = columns.map((c, row) => ({ row, from: 0, to: c.length }));
  // A tile with fewer rows than lanes is the last of its group, so that places are the same in all lanes.
  const shares = lanesFor(tiles, groups).map((pieces) => [...pieces].sort((a, b) => a.row - b.row || a.from - b.from));
  const words = Math.max(...shares.map(wordsIn));
  const sums = groups === 1 ? 1 : lanes;
  const entry = new Int32Array(words * lanes).fill(-1);
  const place = new Uint16Array(words * sums);
  const first = new Uint8Array(words * sums);
  const find = finder(layer);

  for (const [group, pieces] of shares.entries()) {
    let w = 0;
    const put = (at: number, begins: boolean): void => {
      const [from, to] = groups === 1 ? [0, 1] : [group * height, (group + 1) * height];
      place.fill(at, w * sums + from, w * sums + to);
      if (begins) first.fill(1, w * sums + from, w * sums + to);
    };
    for (const [at, { row: tile, from, to }] of pieces.entries()) {
      const used = columns[tile];
      const start = w;
      for (let i = 0; i < height && tile * height + i < layer.rows; i++)
        find(tile * height + i, used, from, to, (k, e) => {
          entry[(start + k - from) * lanes + group * height + i] = e;
        });
      for (const end = w + Math.max(1, to - from); w < end; w++) put(at, w === start);
    }
    for (; w < words; w++) put(Math.max(0, pieces.length - 1), false);
  }

  return assemble(layer, {
    engine,
    ...choicesOf(how),
    words,
    banks: copiesOf(layer.channels, groups),
    entry,
    place,
    first,
    held: Array.from({ length: lanes }, (_, lane) =>
      rowsOf(layer, shares[Math.floor(lane / height)], height, lane % height),
    ),
  });
}

/** What such a datapath comes to. Rows of all columns need no look at the mask. */
export function lockstepOutline(layer: Layer, how: Lockstep): Estimate {
  const { lanes, height, all } = how;
  const groups = lanes / height;
  const tiles = Math.ceil(layer.rows / height);
  const words = all
    ? tiles * columnsOf(layer)
    : height === 1
      ? wordsOfRows(layer.weights)
      : countTiles(layer, height).words;
  return estimate(layer, {
    ...choicesOf(how),
    banks: groups,
    words: Math.ceil(words / groups),
    rowsPerLane: Math.ceil(tiles / groups),
    perPixel: layer.channels,
    entries: layer.rows,
  });
}

const choicesOf = ({ lanes, height, clusters, values = 'stored' }: Lockstep) =>
  ({
    lanes,
    accumulators: lanes,
    clusters,
    slots: 1,
    read: 'direct',
    offsets: lanes === height ? 'shared' : 'each',
    rows: lanes === height ? 'shared' : 'each',
    feedback: 'register',
    values,
  }) as const;

/** What one lane of a group holds: row `i` of each tile. */
const rowsOf = (layer: Layer, pieces: readonly Piece[], height: number, i: number): readonly Piece[] =>
  pieces.map(({ row, from, to }) => ({ row: row * height + i, from, to })).filter(({ row }) => row < layer.rows);

/** Visits the entries of a row whose columns are used[from..to), with their position there. */
function finder({ weights: { pos, column } }: Layer) {
  return (row: number, used: Int32Array, from: number, to: number, visit: (k: number, entry: number) => void): void => {
    for (let e = pos[row], k = from; e < pos[row + 1] && k < to; e++) {
      while (k < to && used[k] < column[e]) k++;
      if (k < to && used[k] === column[e]) visit(k, e);
    }
  };
}
