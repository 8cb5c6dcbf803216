/**
 * The engine for dense layers of one vector: each lane walks through its rows one by one, reading a copy of the input
 * of its own, so that nothing is scheduled and nothing waits. Sums stay in their registers.
 */

import type { Engine } from '../contract/engine.ts';
import { sizeFault } from './assemble.ts';
import type { Lockstep } from './lockstep.ts';
import { lockstep, lockstepOutline } from './lockstep.ts';

/** Lanes, each of which has a copy of the input. */
const most = 64;

export const stationary: Engine = {
  name: 'stationary',
  doc: 'each lane with its own rows and a copy of the input: for dense layers of one vector, zeros anywhere',

  fits(layer) {
    if (layer.decomposed) return 'rebuilds no weights';
    const pixels = layer.output[0] * layer.output[1];
    if (pixels > 1) return `takes one pixel and is given ${pixels}`;
    return sizeFault(layer);
  },

  foldings: (layer) => Array.from({ length: Math.min(most, layer.rows) }, (_, i) => i + 1),
  outline: (layer, lanes) => lockstepOutline(layer, how(lanes)),
  plan: (layer, lanes) => lockstep(layer, how(lanes)),
};

const how = (lanes: number): Lockstep => ({ engine: stationary.name, lanes, clusters: 1, height: 1 });
