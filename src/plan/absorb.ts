/** Steps of several calls: a kernel may compute with its call those behind it whose values nothing else reads. */
import type { Call, Graph } from '../graph/graph.ts';
import type { Builder } from './step.ts';
import { readingOf } from './step.ts';

/**
 * By call, what is computed with it. Later calls are asked first, so that a call which has been taken in takes in none
 * itself.
 */
export function absorbedIn(
  graph: Graph,
  builder: Omit<Builder, 'packed' | 'constants'>,
): ReadonlyMap<Call, readonly Call[]> {
  const groups = new Map<Call, readonly Call[]>();
  const taken = new Set<Call>();
  const asked = builder.kernels.flatMap((kernel) => (kernel.absorbs ? [kernel.absorbs] : []));
  if (asked.length === 0) return groups;
  for (const node of graph.nodes.toReversed()) {
    if (node.kind !== 'call' || taken.has(node)) continue;
    const reading = readingOf(node, builder);
    const calls = asked.map((absorbs) => absorbs(reading)).find((found) => found.length > 0);
    if (!calls) continue;
    groups.set(node, calls);
    for (const call of calls) taken.add(call);
  }
  return groups;
}
