/** The engine for layers with few zeros: one value for all lanes, every column in turn. Zeros cost what other weights cost. */
import { sizeFault } from './assemble.ts';
import type { Engine } from './engine.ts';
import { clustered, splitClusters } from './folding.ts';
import { lockstep } from './lockstep.ts';

export const dense: Engine = {
  name: 'dense',
  doc: 'one value for all lanes, every column in turn, zero or not',
  fits: (layer) => (layer.decomposed ? 'rebuilds no weights' : sizeFault(layer)),
  foldings: (layer) => clustered(layer, 1),
  plan: (layer, folding) => {
    const { lanes, clusters } = splitClusters(layer, folding);
    return lockstep(layer, { engine: dense.name, lanes, clusters, height: lanes, all: true });
  },
};
