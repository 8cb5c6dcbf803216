/** Channels that nobody reads, and channels that are known, go. */
import type { Graph } from '../src/graph/graph.ts';
import { nodesById } from '../src/graph/graph.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Pass } from '../src/pass.ts';
import { demandOf } from './channels/demand.ts';
import { staticsOf } from './channels/statics.ts';
import { thinCall } from './channels/thin-call.ts';
import { untilStable } from './matching/stable.ts';
import { withoutResiduals } from './matching/unfused.ts';

/**
 * A channel is dropped from the layer that makes it, from those that read it and from all between, when every layer
 * that reads it has no weights for it, or when it is known: a row without weights still gives its activated bias, so
 * what it adds further on goes to the bias of the layers that read it, to a constant map where their padding shows,
 * or to another constant channel where a map would be too large (Network Slimming, ICCV 2017; soft masking for
 * channel pruning, ECCV 2022). Weights that a mask keeps count, though they be 0.
 */
export const dropDeadChannels: Pass = {
  name: 'drop-dead-channels',
  doc: 'drops channels that are never read or always the same, exactly, at padded borders too',

  run(graph) {
    // A sum makes channels of two values one, which is said of sums alone.
    const apart = withoutResiduals(graph);
    const thin = untilStable(apart, dropOnce);
    return thin === apart ? graph : thin;
  },
};

function dropOnce(graph: Graph): Graph {
  const statics = staticsOf(graph);
  const { kept, folds } = demandOf(graph, statics);
  const given = nodesById(graph);
  return rewriteNodes(graph, (node, emitter) =>
    node.kind === 'call' ? thinCall(node, { given, kept, folds, statics }, emitter) : node,
  );
}
