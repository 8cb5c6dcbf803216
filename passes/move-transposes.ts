/** Transposes go where they cancel, or where there is least to move. */
import type { Graph } from '../src/graph/graph.ts';
import type { Pass } from '../src/pass.ts';
import { untilStable } from './matching/stable.ts';
import { choose } from './transposes/choose.ts';
import { framesOf } from './transposes/frames.ts';
import { priceOf, total } from './transposes/price.ts';
import { rebuild } from './transposes/rebuild.ts';
import { isTranspose, valuesOf } from './transposes/roots.ts';
import { splitMerged } from './transposes/split.ts';

/**
 * Most calls can as well work on operands whose axes come in another order, and give their result in it. Each such call
 * is computed in one order or in the other; where two that meet differ, the value between them has to be moved, at the
 * price of its elements. The cheapest of all ways to decide, for all calls at once, is a minimum cut: branches of a
 * residual network move together or not at all, and what gains nothing stays as it is. Constants move while compiling,
 * and weights of dense layers follow the pictures that are flattened for them. Ports keep their shapes.
 */
export const moveTransposes: Pass = {
  name: 'move-transposes',
  doc: 'moves transposes through the calls that can work in another order of axes, to where they cancel or have least to move',

  run(graph) {
    const isPlain = graph.nodes.every(({ type }) => type.layout.kind === 'plain');
    if (!isPlain) return graph;
    const moved = untilStable(graph, moveOnce);
    const split = moved.nodes.some(isTranspose) ? splitMerged(moved) : moved;
    const finer = split === moved ? moved : untilStable(split, moveOnce);
    return total(valuesOf(finer)) < total(valuesOf(moved)) ? finer : moved;
  },
};

function moveOnce(graph: Graph): Graph {
  if (!graph.nodes.some(isTranspose)) return graph;
  const values = valuesOf(graph);
  const frames = framesOf(values);
  const after = rebuild(values, frames, choose(values, frames, priceOf(values)));
  return after !== graph && total(valuesOf(after)) < total(values) ? after : graph;
}
