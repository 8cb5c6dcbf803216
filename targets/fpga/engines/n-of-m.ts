/**
 * The engine for N of M neighbouring channels: lanes walk through rows together, and every lane picks its value from
 * the same M, so that all it needs is a multiplexer of M inputs.
 */

import type { Engine } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { banksFor } from '../schedule/banks.ts';
import type { Piece } from '../schedule/lanes.ts';
import { assemble, sizeFault } from './assemble.ts';
import { clustered, splitClusters } from './folding.ts';
import { estimate } from './outline.ts';

/** Neighbouring channels that may go together. */
const sizes = [4, 8, 16, 2] as const;

/** Multiplications by nothing that are put up with. */
const most = 0.1;

export const nOfM: Engine = {
  name: 'n-of-m',
  doc: 'every lane picks from the same few neighbouring channels: for N of M kept',

  fits(layer) {
    if (layer.decomposed) return 'rebuilds no weights';
    if (sizeFor(layer) === undefined) return `keeps no equal number of every ${sizes.join(', ')} neighbouring channels`;
    return sizeFault(layer);
  },

  foldings: (layer) => clustered(layer, 1),

  outline(layer, folding) {
    const { lanes, clusters } = splitClusters(layer, folding);
    const size = sizeFor(layer) ?? 1;
    const tiles = Math.ceil(layer.rows / lanes);
    const kept = perGroup(layer, size);
    return estimate(layer, {
      ...choices,
      lanes,
      accumulators: lanes,
      clusters,
      banks: size,
      words: Math.max(1, kept.groups * kept.most) * tiles,
      rowsPerLane: tiles,
      perPixel: layer.channels / size,
      entries: layer.rows,
    });
  },

  plan(layer, folding) {
    const { lanes, clusters } = splitClusters(layer, folding);
    const size = sizeFor(layer) ?? 1;
    const tiles = Array.from({ length: Math.ceil(layer.rows / lanes) }, (_, tile) =>
      tileWords(layer, tile * lanes, lanes, size),
    );
    const words = tiles.reduce((sum, tile) => sum + tile.length, 0);
    const entry = new Int32Array(words * lanes).fill(-1);
    const bank = new Uint8Array(words * lanes);
    const place = new Uint16Array(words);
    const first = new Uint8Array(words);
    let w = 0;
    for (const [at, tile] of tiles.entries())
      for (const [k, taken] of tile.entries()) {
        place[w] = at;
        if (k === 0) first[w] = 1;
        entry.set(taken, w * lanes);
        for (const [lane, e] of taken.entries())
          if (e >= 0) bank[w * lanes + lane] = (layer.weights.column[e] % layer.channels) % size;
        w++;
      }
    return assemble(layer, {
      ...choices,
      engine: nOfM.name,
      lanes,
      accumulators: lanes,
      clusters,
      words,
      // Loads that are all alike go round in turns, which is what the pattern is about.
      banks: banksFor(new Int32Array(layer.channels), size, 1),
      entry,
      bank,
      place,
      first,
      held: Array.from({ length: lanes }, (_, lane) => rowsOf(layer, lane, lanes)),
    });
  },
};

const choices = {
  slots: 1,
  read: 'crossbar',
  offsets: 'shared',
  rows: 'shared',
  feedback: 'register',
  values: 'stored',
} as const;

const rowsOf = ({ rows, weights: { pos } }: Layer, lane: number, lanes: number): readonly Piece[] =>
  Array.from({ length: Math.ceil((rows - lane) / lanes) }, (_, tile) => lane + tile * lanes).map((row) => ({
    row,
    from: pos[row],
    to: pos[row + 1],
  }));

/** Groups of `size` channels of all taps, and the most that a row keeps of one. */
function perGroup({ taps, channels, rows, weights: { pos, column } }: Layer, size: number) {
  let highest = 0;
  for (let r = 0; r < rows; r++)
    for (let e = pos[r], count = 0; e < pos[r + 1]; e++) {
      const same = e > pos[r] && Math.floor(column[e] / size) === Math.floor(column[e - 1] / size);
      count = same ? count + 1 : 1;
      highest = Math.max(highest, count);
    }
  return { groups: (taps[0] * taps[1] * channels) / size, most: highest };
}

/** What was found out about layers: foldings ask again and again. */
const found = new WeakMap<Layer, number | 'none'>();

/** Channels that go together, where every row keeps about as many of each group. */
function sizeFor(layer: Layer): number | undefined {
  const size = found.get(layer) ?? sizes.find((m) => layer.channels % m === 0 && isEven(layer, m)) ?? 'none';
  found.set(layer, size);
  return size === 'none' ? undefined : size;
}

/** Whether no row keeps so many of a group that there is more to pad than is put up with. */
function isEven(layer: Layer, size: number): boolean {
  const { rows, taps, channels, weights } = layer;
  const { pos, column } = weights;
  const groups = (taps[0] * taps[1] * channels) / size;
  const limit = Math.min(size - 1, ((1 + most) * Math.max(1, column.length)) / (groups * rows));
  for (let r = 0; r < rows; r++)
    for (let e = pos[r], count = 0, group = -1; e < pos[r + 1]; e++) {
      const own = Math.floor(column[e] / size);
      count = own === group ? count + 1 : 1;
      group = own;
      if (count > limit) return false;
    }
  return true;
}

/**
 * The words of rows `from` on: for each group of channels as many as the fullest row needs, and the entries of all
 * lanes in each.
 */
function tileWords(layer: Layer, from: number, lanes: number, size: number): readonly Int32Array[] {
  const { pos, column } = layer.weights;
  const words = new Map<number, Int32Array[]>();
  for (let lane = 0; lane < lanes && from + lane < layer.rows; lane++) {
    let [group, k] = [-1, 0];
    for (let e = pos[from + lane]; e < pos[from + lane + 1]; e++, k++) {
      const own = Math.floor(column[e] / size);
      if (own !== group) [group, k] = [own, 0];
      const held = words.get(group) ?? [];
      words.set(group, held);
      if (k === held.length) held.push(new Int32Array(lanes).fill(-1));
      held[k][lane] = e;
    }
  }
  const ordered = [...words.keys()].sort((a, b) => a - b).flatMap((group) => words.get(group) ?? []);
  return ordered.length > 0 ? ordered : [new Int32Array(lanes).fill(-1)];
}
