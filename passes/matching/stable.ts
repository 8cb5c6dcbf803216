/** Rewriting until there is nothing left to do. */
import type { Graph } from '../../src/graph/graph.ts';

/** `step` after `step`, until one gives back its argument. Each must leave less to do than it found. */
export function untilStable(graph: Graph, step: (graph: Graph) => Graph): Graph {
  let before = graph;
  for (;;) {
    const after = step(before);
    if (after === before) return after;
    before = after;
  }
}
