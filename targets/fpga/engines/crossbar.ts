/**
 * The engine for zeros anywhere: lanes own rows, banks own channels, and a small crossbar between them moves 8 bits
 * once. Which lane reads which bank in which word is a colouring of a bipartite graph, so no word is longer than the
 * fullest lane or bank asks for. Up to 16 lanes read one crossbar; more are clusters of up to 8 that share every word
 * and work on different pixels.
 */
import { bug } from '../../../src/diagnostic.ts';
import type { Engine } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import type { Banks } from '../schedule/banks.ts';
import { banksFor, channelLoads } from '../schedule/banks.ts';
import { lanesFor, wholeRows, wordsIn, wordsOfRows } from '../schedule/lanes.ts';
import { crossbarWords } from '../schedule/words.ts';
import { assemble, sizeFault } from './assemble.ts';
import type { Split } from './folding.ts';
import { slotsFor, splitLanes } from './folding.ts';
import { estimate } from './outline.ts';

const choices = {
  read: 'crossbar',
  offsets: 'each',
  rows: 'each',
  feedback: 'memory',
  values: 'stored',
} as const;

/** Banks may have more reads than lanes by so much before more banks are made. */
const uneven = 1.02;

export const crossbar: Engine = {
  name: 'crossbar',
  doc: 'lanes own rows, banks own channels, a crossbar of 8-bit values between them: for zeros anywhere',

  fits(layer) {
    if (layer.decomposed) return 'rebuilds no weights';
    if (layer.output[0] * layer.output[1] === 1) return 'has one pixel alone, and its sums would come too soon';
    return sizeFault(layer);
  },

  foldings: (layer) => crossbarFoldings(layer),

  outline(layer, folding) {
    const { lanes, clusters } = splitOf(folding);
    const goal = Math.ceil(wordsOfRows(layer.weights) / lanes);
    const banks = banksOf(layer, lanes, goal);
    return estimate(layer, {
      lanes,
      clusters,
      ...choices,
      accumulators: lanes,
      banks: banks.kinds * banks.copies,
      slots: slotsFor(layer.output[1], clusters),
      words: Math.max(goal, banks.most),
      rowsPerLane: Math.ceil(layer.rows / lanes),
      perPixel: banks.slots,
      entries: layer.rows,
    });
  },

  plan(layer, folding) {
    const { lanes, clusters } = splitOf(folding);
    const pieces = wholeRows(layer.weights);
    const goal = Math.ceil(wordsIn(pieces) / lanes);
    const banks = banksOf(layer, lanes, goal);
    const held = lanesFor(pieces, lanes, banks.most);
    const found = crossbarWords(layer, held, banks);
    return assemble(layer, {
      ...found,
      engine: crossbar.name,
      lanes,
      accumulators: lanes,
      clusters,
      slots: slotsFor(layer.output[1], clusters),
      ...choices,
      banks,
      held,
    });
  },
};

/** What was counted once: foldings ask again and again. */
const counted = new WeakMap<Layer, Map<number, Banks>>();

function banksOf(layer: Layer, lanes: number, goal: number): Banks {
  const known = counted.get(layer) ?? new Map<number, Banks>();
  const found = known.get(lanes) ?? spread(layer, lanes, goal);
  counted.set(layer, known.set(lanes, found));
  return found;
}

/** As many banks as lanes; twice as many where channels are too few or too uneven for that. */
function spread(layer: Layer, lanes: number, goal: number): Banks {
  const loads = loadsOf(layer);
  const kinds = Math.min(lanes, layer.channels);
  const plain = banksFor(loads, kinds, Math.ceil(lanes / kinds));
  if (plain.most <= uneven * goal) return plain;
  const more =
    layer.channels >= 2 * lanes
      ? banksFor(loads, 2 * lanes, 1)
      : banksFor(loads, kinds, Math.ceil((2 * lanes) / kinds));
  return more.most < plain.most ? more : plain;
}

/** Lanes up to the rows, beyond 16 in clusters that the row of pixels still fills. */
function crossbarFoldings(layer: Layer): readonly number[] {
  const most = Math.min(16, layer.rows);
  const one = Array.from({ length: most }, (_, i) => i + 1);
  const clusters = Math.min(32, Math.ceil(layer.output[1] / 4));
  const many = Array.from({ length: Math.max(0, 8 * clusters - 16) }, (_, i) => i + 17);
  const fits = (n: number): boolean => {
    const split = splitLanes(n);
    return split !== undefined && split.lanes <= layer.rows && split.clusters <= clusters;
  };
  return [...one, ...many.filter(fits)];
}

const splitOf = (folding: number): Split => splitLanes(folding) ?? bug(`${folding} lanes make no clusters`);

const loaded = new WeakMap<Layer, Int32Array>();

function loadsOf(layer: Layer): Int32Array {
  const loads = loaded.get(layer) ?? channelLoads(layer);
  loaded.set(layer, loads);
  return loads;
}
