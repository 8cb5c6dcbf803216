/** Why an operator that is not on the accelerator is not there, in the words of whoever reads a report. */
import { visible } from '../../../src/diagnostic.ts';
import type { Judged } from './judge.ts';
import type { Place, RegionNode } from './region.ts';

/** A reason for each call that is not in the region: its own, or which other one stands between. */
export function reasonsOf(
  judged: readonly Judged[],
  nodes: readonly RegionNode[],
  places: readonly Place[],
  moved: ReadonlySet<number>,
): readonly (string | undefined)[] {
  const users = nodes.map((): number[] => []);
  for (const [i, { uses }] of nodes.entries()) for (const u of uses) users[u].push(i);
  return judged.map(({ why }, i) => {
    if (places[i] === 'in') return undefined;
    if (why !== undefined) return why;
    if (moved.has(i)) return 'has an engine, but fewer bytes cross if the CPU computes it';
    const early = places[i] === 'before';
    const next = (at: number): readonly number[] =>
      (early ? users[at] : nodes[at].uses).filter((n) => places[n] === places[i]);
    // Whole numbers are made of real ones, and real ones of them, for the sake of something else.
    const isCause = (n: number): boolean => judged[n].why !== undefined && !isBorder(judged[n]);
    const between = nearest(i, next, isCause) ?? nearest(i, next, (n) => judged[n].why !== undefined);
    if (between === undefined) return 'is apart from what the accelerator computes';
    const { call } = judged[between];
    const name = `"${call.op.kind}"${call.origin === undefined ? '' : ` of "${visible(call.origin)}"`}`;
    return `has an engine, but ${name}, which has none, stands between it and the accelerator`;
  });
}

const isBorder = ({ call: { op } }: Judged): boolean => op.kind === 'quantize' || op.kind === 'dequantize';

/** The first that is found going on step by step. */
function nearest(
  start: number,
  next: (at: number) => readonly number[],
  found: (at: number) => boolean,
): number | undefined {
  const seen = new Set([start]);
  for (const at of seen)
    for (const n of next(at)) {
      if (found(n)) return n;
      seen.add(n);
    }
  return undefined;
}
