/**
 * The engine for blocks and punched patterns: rows that keep the same columns go together, and columns that none of
 * them keeps are left out.
 */

import type { Engine } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { sizeFault } from './assemble.ts';
import { clustered, splitClusters } from './folding.ts';
import type { Lockstep } from './lockstep.ts';
import { lockstep, lockstepOutline, tilePadding } from './lockstep.ts';

/** Multiplications by nothing that are put up with. */
const most = 0.15;

/** Rows that may share columns. */
const heights = [32, 16, 8, 4, 2] as const;

/** What was found out about layers: foldings ask again and again. */
const found = new WeakMap<Layer, number | 'none'>();

/** The most neighbouring rows that share their columns but for a little. */
function sharedBy(layer: Layer): number | undefined {
  const height =
    found.get(layer) ?? heights.find((h) => layer.rows % h === 0 && tilePadding(layer, h) <= most) ?? 'none';
  found.set(layer, height);
  return height === 'none' ? undefined : height;
}

export const broadcast: Engine = {
  name: 'broadcast',
  doc: 'one value for rows that keep the same columns: for blocks and punched patterns',

  fits(layer) {
    if (layer.decomposed) return 'rebuilds no weights';
    if (sharedBy(layer) === undefined) return `has no neighbouring rows that share columns within ${100 * most} %`;
    return sizeFault(layer);
  },

  foldings: (layer) => clustered(layer, sharedBy(layer) ?? 1),

  outline: (layer, folding) => lockstepOutline(layer, how(layer, folding)),
  plan: (layer, folding) => lockstep(layer, how(layer, folding)),
};

function how(layer: Layer, folding: number): Lockstep {
  const { lanes, clusters } = splitClusters(layer, folding);
  return { engine: broadcast.name, lanes, clusters, height: divisor(lanes, sharedBy(layer) ?? 1) };
}

/** The largest height up to `most` that divides the lanes. */
function divisor(lanes: number, most: number): number {
  let height = Math.min(lanes, most);
  while (lanes % height !== 0) height--;
  return height;
}
