/**
 * The engine for weights made of powers of two and small bases (SmartDeal): neighbouring filters walk together
 * through the rows of three that any of them stores, weights are put together from their codes in front of the lanes,
 * and nothing is multiplied but by shifts and additions.
 */

import { bug } from '../../../src/diagnostic.ts';
import type { Decomposition } from '../../../src/tensor/decomposition.ts';
import { columnOf } from '../../../src/tensor/decomposition.ts';
import type { Engine, Rebuilt } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { columnsOf } from '../contract/layer.ts';
import { copiesOf } from '../schedule/banks.ts';
import type { Piece } from '../schedule/lanes.ts';
import { assemble, sizeFault } from './assemble.ts';
import { clustered, splitClusters } from './folding.ts';
import { estimate } from './outline.ts';

export const smartdeal: Engine = {
  name: 'smartdeal',
  doc: 'weights put together from powers of two and small bases, by shifts and additions alone',

  fits: (layer) => (layer.decomposed ? sizeFault(layer) : 'has weights that are not made of units'),

  foldings: (layer) => clustered(layer, 1),

  outline(layer, folding) {
    const { lanes, clusters } = splitClusters(layer, folding);
    const tiles = tilesOf(layer, lanes);
    return estimate(layer, {
      ...choices,
      lanes,
      accumulators: lanes,
      clusters,
      words: tiles.reduce((sum, rows) => sum + 3 * Math.max(1, rows.length), 0),
      rowsPerLane: tiles.length,
      banks: 1,
      perPixel: layer.channels,
      entries: layer.rows,
    });
  },

  plan(layer, folding) {
    const { lanes, clusters } = splitClusters(layer, folding);
    const tiles = tilesOf(layer, lanes).map((rows) => (rows.length > 0 ? rows : [0]));
    const words = 3 * tiles.reduce((sum, rows) => sum + rows.length, 0);
    const { entry, place, first, rebuilt } = wordsOf(layer, tiles, lanes, words);
    return assemble(layer, {
      ...choices,
      engine: smartdeal.name,
      lanes,
      accumulators: lanes,
      clusters,
      words,
      banks: copiesOf(layer.channels, 1),
      entry,
      place,
      first,
      held: Array.from({ length: lanes }, (_, lane) => rowsOf(layer, lane, lanes)),
      rebuilt,
    });
  },
};

const choices = {
  slots: 1,
  read: 'direct',
  offsets: 'shared',
  rows: 'shared',
  feedback: 'register',
  values: 'rebuilt',
} as const;

const unitsOf = ({ decomposed, name }: Layer): Decomposition => decomposed ?? bug(`"${name}" is not made of units`);

const rowsOf = ({ rows, weights: { pos } }: Layer, lane: number, lanes: number): readonly Piece[] =>
  Array.from({ length: Math.ceil((rows - lane) / lanes) }, (_, tile) => lane + tile * lanes).map((row) => ({
    row,
    from: pos[row],
    to: pos[row + 1],
  }));

/** For each tile of filters, the rows of three that one of them stores. */
function tilesOf(layer: Layer, lanes: number): readonly (readonly number[])[] {
  const { rows, units, codes } = unitsOf(layer);
  const perFilter = rows * units;
  const stored = (filter: number, row: number): boolean => {
    const at = 3 * (filter * perFilter + row);
    return codes[at] !== 0 || codes[at + 1] !== 0 || codes[at + 2] !== 0;
  };
  return Array.from({ length: Math.ceil(layer.rows / lanes) }, (_, tile) => {
    const filters = Array.from({ length: Math.min(lanes, layer.rows - tile * lanes) }, (__, i) => tile * lanes + i);
    return Array.from({ length: perFilter }, (__, row) => row).filter((row) => filters.some((f) => stored(f, row)));
  });
}

function wordsOf(layer: Layer, tiles: readonly (readonly number[])[], lanes: number, words: number) {
  const made = unitsOf(layer);
  const { rows, units, codes, basis, shift } = made;
  const { pos, column } = layer.weights;
  const columns = columnsOf(layer);
  const count = tiles.length * units;
  const entry = new Int32Array(words * lanes).fill(-1);
  const place = new Uint16Array(words);
  const first = new Uint8Array(words);
  const rebuilt: Rebuilt = {
    basis: new Uint16Array(words),
    live: new Uint8Array(words),
    codes: new Uint8Array(words * lanes),
    bases: new Int8Array(count * lanes * 9),
    shifts: new Uint8Array(count * lanes),
  };
  for (let tile = 0, w = 0; tile < tiles.length; tile++) {
    const filters = Math.min(lanes, layer.rows - tile * lanes);
    const entryAt = entriesBy(column, pos, tile * lanes, filters);
    for (let unit = 0; unit < units; unit++)
      for (let lane = 0; lane < filters; lane++) {
        const from = (tile * lanes + lane) * units + unit;
        const to = (tile * units + unit) * lanes + lane;
        rebuilt.bases.set(basis.subarray(from * 9, from * 9 + 9), to * 9);
        rebuilt.shifts[to] = shift[from];
      }
    first[w] = 1;
    for (const row of tiles[tile]) {
      for (let lane = 0; lane < filters; lane++) {
        const from = 3 * ((tile * lanes + lane) * rows * units + row);
        rebuilt.codes.set(codes.subarray(from, from + 3), w * lanes + 3 * lane);
      }
      for (let j = 0; j < 3; j++, w++) {
        const at = columnOf(made.along, row, j, layer.channels);
        place[w] = tile;
        rebuilt.basis[w] = tile * units + Math.floor(row / rows);
        rebuilt.live[w] = at < columns ? 1 : 0;
        for (let lane = 0; lane < filters; lane++) entry[w * lanes + lane] = entryAt(lane, at);
      }
    }
  }
  return { entry, place, first, rebuilt };
}

/** The entry of a lane's row at a column, or −1. */
function entriesBy(column: Int32Array, pos: Int32Array, row: number, count: number) {
  const found = Array.from({ length: count }, (_, i) => {
    const places = new Map<number, number>();
    for (let e = pos[row + i]; e < pos[row + i + 1]; e++) places.set(column[e], e);
    return places;
  });
  return (lane: number, at: number): number => found[lane].get(at) ?? -1;
}
