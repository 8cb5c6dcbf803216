/**
 * The engine for layers with few zeros: one value for all lanes, every column in turn. Zeros cost what other weights
 * cost.
 */

import type { Engine } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { sizeFault } from './assemble.ts';
import { clustered, splitClusters } from './folding.ts';
import type { Lockstep } from './lockstep.ts';
import { lockstep, lockstepOutline } from './lockstep.ts';

export const dense: Engine = {
  name: 'dense',
  doc: 'one value for all lanes, every column in turn, zero or not',
  fits: (layer) => (layer.decomposed ? 'rebuilds no weights' : sizeFault(layer)),
  foldings: (layer) => clustered(layer, 1),
  outline: (layer, folding) => lockstepOutline(layer, how(layer, folding)),
  plan: (layer, folding) => lockstep(layer, how(layer, folding)),
};

function how(layer: Layer, folding: number): Lockstep {
  const { lanes, clusters } = splitClusters(layer, folding);
  return { engine: dense.name, lanes, clusters, height: lanes, all: true };
}
