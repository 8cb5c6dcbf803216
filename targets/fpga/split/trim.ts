/**
 * What stands at the border of a region and multiplies nothing is moved across it where fewer bytes cross then: a
 * rescaling at the entrance, which makes 8 bits of 32, or a picture made larger at the exit. Regions stay convex, since
 * only what uses nothing of them, or is used by nothing in them, leaves.
 */
import type { Id } from '../../../src/graph/graph.ts';
import { elements } from '../../../src/tensor/type.ts';
import type { Judged } from './judge.ts';
import type { Place, RegionNode } from './region.ts';

export interface Trimmed {
  readonly places: readonly Place[];
  /** Calls that were moved. */
  readonly moved: ReadonlySet<number>;
}

/** `sizeOf` is in bytes on the bus; `ends` are values that the caller wants. */
export function trimmed(
  judged: readonly Judged[],
  nodes: readonly RegionNode[],
  given: readonly Place[],
  sizeOf: (id: Id) => number,
  ends: ReadonlySet<Id>,
): Trimmed {
  const places = [...given];
  const users = nodes.map((): number[] => []);
  for (const [i, { uses }] of nodes.entries()) for (const u of uses) users[u].push(i);
  const isIn = (i: number): boolean => places[i] === 'in';
  const own = (i: number): number => sizeOf(judged[i].call.id);
  const isWanted = (i: number): boolean => ends.has(judged[i].call.id);
  const moved = new Set<number>();

  /** Bytes that no longer come in if `i` is computed before; its result comes in instead. */
  const saved = (i: number): number =>
    [...new Set(nodes[i].uses)]
      .filter((u) => users[u].every((v) => v === i || !isIn(v)))
      .reduce((n, u) => n + own(u), 0);
  /** Bytes that go out for the sake of `i` if it is computed after. */
  const added = (i: number): number =>
    [...new Set(nodes[i].uses)]
      .filter((u) => isIn(u) && !isWanted(u) && users[u].every((v) => v === i || isIn(v)))
      .reduce((n, u) => n + own(u), 0);
  /** Whether something behind the region needs it. */
  const goesOut = (i: number): boolean => isWanted(i) || users[i].some((v) => !isIn(v));

  for (let changed = true; changed; ) {
    changed = false;
    for (const [i, { macs, call }] of judged.entries()) {
      if (!isIn(i) || macs > 0 || call.inputs.length === 0) continue;
      const first = nodes[i].uses.length > 0 && nodes[i].uses.every((u) => !isIn(u));
      const last = users[i].every((v) => !isIn(v));
      if (first && !last && !goesOut(i) && own(i) < saved(i)) places[i] = 'before';
      else if (last && !first && added(i) < own(i)) places[i] = 'after';
      else continue;
      moved.add(i);
      changed = true;
    }
  }
  return { places, moved };
}

/** Bytes that a value takes on the bus. */
export const bytesOf = (bits: number, shape: readonly number[]): number =>
  elements(shape) * (bits <= 8 ? 1 : bits <= 16 ? 2 : 4);
