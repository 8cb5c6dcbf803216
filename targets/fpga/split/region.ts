/**
 * The heaviest part of a graph that can be computed in one go: a set of nodes, all of them able, such that no path leaves
 * it and comes back (it is convex). So all that is not in it can be computed before it or after it.
 *
 * Every node is before (0), in (1) or after (2), no node earlier than what it uses, and nodes that are not able are never
 * in. With `a` = "in or after" and `b` = "after" that is a closure: u → v asks for a(u) ⇒ a(v) and b(u) ⇒ b(v), and b(v) ⇒
 * a(v) always; it weighs the sum of weights over a less that over b. The heaviest closure is a minimum cut, so this is
 * exact, and the one that is taken does not depend on the order of anything.
 */
import { bug } from '../../../src/diagnostic.ts';
import type { Arc } from './flow.ts';
import { sourceSide } from './flow.ts';

export interface RegionNode {
  /** Indices of nodes that it uses, all of them earlier. */
  readonly uses: readonly number[];
  /** A whole number above zero: what it counts for in the region. Undefined where it cannot be in it. */
  readonly weight: number | undefined;
}

export type Place = 'before' | 'in' | 'after';

/** Where each node is: before if the region needs it, after if not. Nothing is in where nothing is able. */
export function heaviestRegion(nodes: readonly RegionNode[]): readonly Place[] {
  const [source, sink] = [2 * nodes.length, 2 * nodes.length + 1];
  const a = (i: number): number => 2 * i;
  const b = (i: number): number => 2 * i + 1;
  const arcs = nodes.flatMap(({ uses, weight }, i): readonly Arc[] => {
    if (uses.some((u) => u >= i)) bug(`node ${i} uses a later one`);
    const implied = (from: number, to: number): Arc => ({ from, to, capacity: Infinity });
    return [
      implied(b(i), a(i)),
      ...uses.flatMap((u) => [implied(a(u), a(i)), implied(b(u), b(i))]),
      ...(weight === undefined
        ? [implied(a(i), b(i))]
        : [
            { from: source, to: a(i), capacity: weight },
            { from: b(i), to: sink, capacity: weight },
          ]),
    ];
  });
  const chosen = sourceSide(sink + 1, arcs, source, sink);
  const inside = nodes.map((_, i) => chosen.has(a(i)) && !chosen.has(b(i)));
  const needed = new Set<number>();
  for (let i = nodes.length - 1; i >= 0; i--)
    if (inside[i] || needed.has(i)) for (const u of nodes[i].uses) needed.add(u);
  return nodes.map((_, i) => (inside[i] ? 'in' : needed.has(i) ? 'before' : 'after'));
}
