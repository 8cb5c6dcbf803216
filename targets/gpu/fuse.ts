/**
 * Loops that read what loops wrote become one, and the value between them stays with the invocation. Either the reader computes what
 * it would load (`pulled`), or the writer goes on with what it would store (`pushed`), whichever needs fewer divisions to find its
 * places. No step computes an element more than once, as much runs side by side, and no more memory is alive. What several steps read
 * each computes for itself, where that takes no more loads and stores in all.
 */
import type { Call } from '../../src/graph/graph.ts';
import type { Arr, Expr, Stmt } from '../../src/loop/loop.ts';
import { bytesAlive } from '../../src/plan/arena.ts';
import type { Argument } from '../../src/plan/kernel.ts';
import { lifetimesOf } from '../../src/plan/lifetimes.ts';
import type { Fuse, Loops, Step } from '../../src/plan/plan.ts';
import { knownIn, sameSum } from './affine.ts';
import { folded } from './folded.ts';
import { launchesOf, sizeOf } from './launches.ts';
import { loadsIn, nestOf, storedBy } from './nests.ts';
import { partsOf } from './parallel.ts';
import { pulled } from './pulled.ts';
import { pushed } from './pushed.ts';
import { withExpressions, withParts } from './rewrite.ts';

type LoopStep = Step & { readonly work: Loops };

/** Nodes of a body: what would be larger is left as it is, since compilers take long for it. */
const mostNodes = 3000;

export const fuse: Fuse = (steps, { isPort, isConstant }) => {
  const elsewhere = (array: Arr): boolean => isPort(array) || isConstant(array);
  const alive = (some: readonly Step[]): number => bytesAlive(lifetimesOf(some, elsewhere));
  const most = alive(steps);
  let now = steps;
  const go = (mostReaders: number): void => {
    for (const writer of now) {
      const after = withoutValue(now, writer, mostReaders, elsewhere);
      if (after && alive(after) <= most) now = after;
    }
  };
  // A value that two steps read, of which one reads the other, is read by one when these are. What is left may be computed by each of its readers.
  for (let before: readonly Step[] | undefined; before !== now; ) {
    before = now;
    go(1);
    if (before === now) go(Infinity);
  }
  // Steps are replaced as others go, so each is looked at as it is when its turn comes.
  for (let at = 0; at < now.length; ) {
    const after = withoutCopy(now, now[at], elsewhere, isConstant);
    if (after && alive(after) <= most) now = after;
    else at++;
  }
  return now;
};

/** The steps without one that copies an array as it is: pictures that come channel by channel are planes. */
function withoutCopy(
  steps: readonly Step[],
  copy: Step,
  elsewhere: (array: Arr) => boolean,
  isConstant: (array: Arr) => boolean,
): readonly Step[] | undefined {
  const [[from, ...more], [to, ...others]] = [copy.reads, copy.writes];
  if (!isLoops(copy) || more.length > 0 || others.length > 0 || elsewhere(to) || isConstant(from)) return undefined;
  if (!isSame(copy.work.body, from, to)) return undefined;
  const through = (array: Arr): Arr => (array === to ? from : array);
  const first = steps.find((step) => step.reads.includes(to));
  return steps.flatMap((step) => {
    if (step === copy) return [];
    if (!step.reads.includes(to)) return [step];
    const made = reading(step, through);
    return [step === first ? { ...made, absorbed: absorbedWith(copy, step) } : made];
  });
}

/** Whether each element is stored where one like it was loaded. */
function isSame(body: readonly Stmt[], from: Arr, to: Arr): boolean {
  const known = knownIn(body);
  const statements = nestOf(body, known)?.body ?? [];
  const last = statements.at(-1);
  if (from.length !== to.length || from.dtype !== to.dtype || storedBy(body) !== to.length) return false;
  if (last?.kind !== 'store') return false;
  const valueOf = (e: Expr): Expr => {
    const made = statements.find((s) => s.kind === 'let' && s.name === e && !known.changed.has(s.name));
    return made?.kind === 'let' ? valueOf(made.value) : e;
  };
  const value = valueOf(last.value);
  if (value.kind !== 'load') return false;
  const [stored, loaded] = [known.affine(last.index), known.affine(value.index)];
  return stored !== undefined && loaded !== undefined && sameSum(stored, loaded);
}

/** The same step of other arrays. */
function reading(step: Step, through: (array: Arr) => Arr): Step {
  const { work } = step;
  const argument = (a: Argument): Argument => (typeof a === 'object' && 'dtype' in a ? through(a) : a);
  const expression = (e: Expr): Expr => {
    const made = withParts(e, expression);
    return made.kind === 'load' ? { ...made, array: through(made.array) } : made;
  };
  const statement = (s: Stmt): Stmt => withExpressions(s, expression, (inner) => inner.map(statement));
  return {
    ...step,
    reads: [...new Set(step.reads.map(through))],
    work:
      work.kind === 'loops'
        ? { ...work, body: work.body.map(statement) }
        : { ...work, calls: work.calls.map((call) => ({ ...call, args: call.args.map(argument) })) },
  };
}

/** The steps without one, whose value is computed where it is read; undefined where it stays. */
function withoutValue(
  steps: readonly Step[],
  writer: Step,
  mostReaders: number,
  elsewhere: (array: Arr) => boolean,
): readonly Step[] | undefined {
  const [value, ...others] = writer.writes;
  if (!isLoops(writer) || others.length > 0 || elsewhere(value)) return undefined;
  // Others are not what was stored when they are loaded.
  if (value.dtype !== 'f32' && value.dtype !== 'i32') return undefined;
  const readers = steps.filter((step) => step.reads.includes(value));
  if (!steps.includes(writer) || readers.length === 0 || readers.length > mostReaders) return undefined;
  if (readers.length > 1 && !isWorthwhile(writer.work.body, readers.length)) return undefined;
  const made = new Map<Step, Step>();
  for (const reader of readers) {
    const body = isLoops(reader) ? together(writer.work.body, value, reader.work.body) : undefined;
    if (!body) return undefined;
    made.set(reader, joined(writer, value, reader, body));
  }
  return steps.flatMap((step) => (step === writer ? [] : [made.get(step) ?? step]));
}

/** Whether an element takes few loads, and each of so many readers may as well do these: instead of one that stores it, and its own. */
function isWorthwhile(body: readonly Stmt[], readers: number): boolean {
  const nest = nestOf(body, knownIn(body));
  if (!nest || storedBy(nest.body) !== 1 || nest.body.some((s) => s.kind === 'for')) return false;
  const loads = new Set(loadsIn(nest.body).map(({ array, index }) => `${array.name} ${JSON.stringify(index)}`)).size;
  return readers * loads <= loads + 1 + readers;
}

const isLoops = (step: Step): step is LoopStep => step.work.kind === 'loops';

const absorbedWith = (writer: Step, reader: Step): readonly Call[] => [
  ...(writer.absorbed ?? []),
  writer.call,
  ...(reader.absorbed ?? []),
];

const joined = (writer: Step, value: Arr, reader: Step, body: readonly Stmt[]): Step => ({
  ...reader,
  absorbed: absorbedWith(writer, reader),
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
  const launches = launchesOf(body);
  return {
    launches: launches.length,
    invocations: launches.flat().reduce((sum, grid) => sum + sizeOf(grid), 0),
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
