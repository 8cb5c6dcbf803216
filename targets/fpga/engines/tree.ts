/**
 * The engine for gather-scatter packs: each lane reads a bank of its own, all lanes work on one row, and a tree of
 * adders takes their products together. No crossbar, and one sum at a time.
 *
 * Off unless asked for: gathering weights in packs with one entry of each bank, and hardware for it, are the subject
 * of US 11,481,214 and US 11,836,489.
 */

import type { Engine } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { liveOf } from '../contract/layer.ts';
import type { Banks } from '../schedule/banks.ts';
import { copiesOf } from '../schedule/banks.ts';
import { wholeRows } from '../schedule/lanes.ts';
import { assemble, sizeFault } from './assemble.ts';
import { estimate } from './outline.ts';

/** Lanes, which are banks. */
const widths = [2, 4, 8, 16, 32] as const;

/** Multiplications by nothing that are put up with. */
const most = 0.05;

export const tree: Engine = {
  name: 'tree',
  doc: 'each lane reads its own bank, all lanes work on one row: for gather-scatter packs',

  fits(layer) {
    if (layer.decomposed) return 'rebuilds no weights';
    if (widthsOf(layer).length === 0) return 'keeps no equal number of channels of each bank in every row';
    return sizeFault(layer);
  },

  foldings(layer) {
    const clusters = Array.from({ length: Math.min(32, layer.output[1]) }, (_, i) => i + 1);
    return [...new Set(widthsOf(layer).flatMap((lanes) => clusters.map((g) => g * lanes)))].sort((a, b) => a - b);
  },

  outline(layer, folding) {
    const { lanes, clusters } = split(layer, folding);
    return estimate(layer, {
      ...choices,
      lanes,
      clusters,
      banks: lanes,
      words: wordsOf(layer, lanes),
      rowsPerLane: layer.rows,
      perPixel: Math.ceil(layer.channels / lanes),
      entries: layer.rows,
    });
  },

  plan(layer, folding) {
    const { lanes, clusters } = split(layer, folding);
    const { pos, column } = layer.weights;
    const words = wordsOf(layer, lanes);
    const entry = new Int32Array(words * lanes).fill(-1);
    const place = new Uint16Array(words);
    const first = new Uint8Array(words);
    for (let row = 0, w = 0; row < layer.rows; row++) {
      const used = new Int32Array(lanes);
      first[w] = 1;
      for (let e = pos[row]; e < pos[row + 1]; e++) {
        const lane = (column[e] % layer.channels) % lanes;
        entry[(w + used[lane]++) * lanes + lane] = e;
      }
      const end = w + Math.max(1, ...used);
      place.fill(row, w, end);
      w = end;
    }
    const held = [wholeRows(layer.weights)];
    return assemble(layer, {
      ...choices,
      engine: tree.name,
      lanes,
      clusters,
      words,
      banks: turns(layer, lanes),
      entry,
      place,
      first,
      held,
    });
  },
};

const choices = {
  accumulators: 1,
  slots: 1,
  read: 'direct',
  offsets: 'each',
  rows: 'each',
  feedback: 'register',
  values: 'stored',
} as const;

/** Channel c in bank c mod lanes, which is what the pattern is made for. */
function turns({ channels }: Layer, lanes: number): Banks {
  const { copies, most: reads } = copiesOf(channels, 1);
  return {
    kinds: lanes,
    copies,
    bank: Uint8Array.from({ length: channels }, (_, c) => c % lanes),
    slot: Uint16Array.from({ length: channels }, (_, c) => Math.floor(c / lanes)),
    slots: Math.ceil(channels / lanes),
    most: reads,
  };
}

/** Words of all rows: as many for each as its fullest bank has entries. */
function wordsOf({ channels, rows, weights: { pos, column } }: Layer, lanes: number): number {
  let words = 0;
  for (let row = 0; row < rows; row++) {
    const used = new Int32Array(lanes);
    for (let e = pos[row]; e < pos[row + 1]; e++) used[(column[e] % channels) % lanes]++;
    words += Math.max(1, ...used);
  }
  return words;
}

/** What was found out about layers: foldings ask again and again. */
const found = new WeakMap<Layer, readonly number[]>();

function widthsOf(layer: Layer): readonly number[] {
  const fitting =
    found.get(layer) ??
    widths.filter(
      (lanes) => lanes <= layer.channels && wordsOf(layer, lanes) * lanes <= (1 + most) * Math.max(1, liveOf(layer)),
    );
  found.set(layer, fitting);
  return fitting;
}

/** The widest that divides the multipliers. */
function split(layer: Layer, folding: number): { readonly lanes: number; readonly clusters: number } {
  const lanes = widthsOf(layer).findLast((n) => folding % n === 0) ?? 1;
  return { lanes, clusters: folding / lanes };
}
