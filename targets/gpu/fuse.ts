/**
 * Loops that read what loops wrote become one, where nothing else reads it: the value between them stays with the invocation. Either the
 * reader computes what it would load (`pulled`), or the writer goes on with what it would store (`pushed`), whichever needs fewer
 * divisions to find its places. Nothing is computed more often than before, as much runs side by side, and no more memory is alive.
 */
import type { Arr, Expr, Stmt } from '../../src/loop/loop.ts';
import { bytesAlive } from '../../src/plan/arena.ts';
import { lifetimesOf } from '../../src/plan/lifetimes.ts';
import type { Fuse, Loops, Step } from '../../src/plan/plan.ts';
import { folded } from './folded.ts';
import { gridsOf, partsOf } from './parallel.ts';
import { pulled } from './pulled.ts';
import { pushed } from './pushed.ts';

type LoopStep = Step & { readonly work: Loops };

/** Nodes of a body: what would be larger is left as it is, since compilers take long for it. */
const mostNodes = 3000;

export const fuse: Fuse = (steps, elsewhere) => {
  const alive = (some: readonly Step[]): number => bytesAlive(lifetimesOf(some, elsewhere));
  const most = alive(steps);
  let now = steps;
  // A value that two steps read, of which one reads the other, is read by one when these are.
  for (let before: readonly Step[] | undefined; before !== now; ) {
    before = now;
    for (const writer of before) {
      const after = withoutValue(now, writer, elsewhere);
      if (after && alive(after) <= most) now = after;
    }
  }
  return now;
};

/** The steps without one, whose value is computed where it is read; undefined where it stays. */
function withoutValue(steps: readonly Step[], writer: Step, elsewhere: (array: Arr) => boolean) {
  const [value, ...others] = writer.writes;
  if (!isLoops(writer) || others.length > 0 || elsewhere(value)) return undefined;
  // Others are not what was stored when they are loaded.
  if (value.dtype !== 'f32' && value.dtype !== 'i32') return undefined;
  const place = steps.indexOf(writer);
  const readers = steps.flatMap((step, at) => (step.reads.includes(value) ? [at] : []));
  const [at] = readers;
  const reader = steps[at];
  if (place < 0 || readers.length !== 1 || !isLoops(reader)) return undefined;
  const body = together(writer.work.body, value, reader.work.body);
  return body && steps.with(at, joined(writer, value, reader, body)).toSpliced(place, 1);
}

const isLoops = (step: Step): step is LoopStep => step.work.kind === 'loops';

const joined = (writer: Step, value: Arr, reader: Step, body: readonly Stmt[]): Step => ({
  ...reader,
  absorbed: [...(writer.absorbed ?? []), writer.call, ...(reader.absorbed ?? [])],
  reads: [...new Set([...writer.reads, ...reader.reads.filter((array) => array !== value)])],
  work: { kind: 'loops', body },
});

/** The loops of a reader with those that write what it reads, or undefined if something speaks against it. */
function together(writer: readonly Stmt[], value: Arr, reader: readonly Stmt[]): readonly Stmt[] | undefined {
  const [before, after] = [countsOf(writer), countsOf(reader)];
  const ways = [pulled(writer, value, reader), pushed(writer, value, reader)].flatMap((body) => {
    if (!body || nodesOf(body) > mostNodes) return [];
    const made = folded(body, body);
    const { launches, invocations, divisions } = countsOf(made);
    const isWide = invocations >= Math.min(before.invocations, after.invocations);
    return isWide && launches < before.launches + after.launches ? [{ made, divisions }] : [];
  });
  return ways.sort((a, b) => a.divisions - b.divisions)[0]?.made;
}

function countsOf(body: readonly Stmt[]) {
  const grids = gridsOf(body);
  const sizes = grids.map(({ axes }) => axes.reduce((product, { count }) => product * count, 1));
  return {
    launches: grids.length,
    invocations: sizes.reduce((sum, size) => sum + size, 0),
    divisions: countIn(folded(body, body), (e) => e.kind === 'binary' && (e.op === '/' || e.op === '%')),
  };
}

const nodesOf = (body: readonly Stmt[]): number => countIn(body, () => true);

function countIn(body: readonly Stmt[], isCounted: (e: Expr) => boolean): number {
  const of = (e: Expr): number => (isCounted(e) ? 1 : 0) + partsOf(e).reduce((sum, part) => sum + of(part), 0);
  return body.reduce((sum, s) => {
    if (s.kind === 'for') return sum + of(s.from) + of(s.to) + countIn(s.body, isCounted);
    if (s.kind === 'if') return sum + of(s.condition) + countIn(s.body, isCounted);
    return sum + of(s.value) + (s.kind === 'store' ? of(s.index) : 0);
  }, 0);
}
