/** Loops around loops with all that they do in the innermost: steps that compute each element by itself, or a part of them, are such nests. */
import type { Arr, Expr, Stmt, Var } from '../../src/loop/loop.ts';
import { declare, div, i32, mod } from '../../src/loop/loop.ts';
import type { Affine, Known } from './affine.ts';
import { partsOf } from './parallel.ts';

export interface Nest {
  /** From 0, the outermost first. */
  readonly counters: readonly Counter[];
  /** What is done for each of their values, with what outer loops declare for inner ones. */
  readonly body: readonly Stmt[];
}

export interface Counter {
  readonly index: Var;
  readonly count: number;
}

/** Of statements that are declarations, if any, and a loop. Undefined where loops begin elsewhere, or have no known end. */
export function nestOf(statements: readonly Stmt[], { changed }: Known): Nest | undefined {
  const counters: Counter[] = [];
  const before: Stmt[] = [];
  let body = statements;
  for (;;) {
    const [lets, loop] = [body.slice(0, -1), body.at(-1)];
    if (loop?.kind !== 'for' || !lets.every((s) => s.kind === 'let' && !changed.has(s.name))) break;
    const { index, from, to } = loop;
    if (from.kind !== 'number' || from.value !== 0 || to.kind !== 'number' || to.value <= 0) return undefined;
    before.push(...lets);
    counters.push({ index, count: to.value });
    body = loop.body;
  }
  return { counters, body: [...before, ...body] };
}

/** The loops again. */
export const loopsAround = ({ counters, body }: Nest): readonly Stmt[] =>
  counters
    .toReversed()
    .reduce<readonly Stmt[]>(
      (inner, { index, count }) => [{ kind: 'for', index, from: i32(0), to: i32(count), body: inner }],
      body,
    );

/** Parts of a body that are nests of their own: its statements, unless what one declares is visible to the others. */
export const unitsOf = (body: readonly Stmt[]): readonly (readonly Stmt[])[] =>
  body.every((s) => s.kind === 'for' || s.kind === 'store') ? body.map((s) => [s]) : [body];

export const turnsOf = ({ counters }: Pick<Nest, 'counters'>): number =>
  counters.reduce((product, { count }) => product * count, 1);

/**
 * Declarations of the counters from a place that they give: the sum of each times its factor, where the largest value of some counters is
 * one less than the factor of the next. Undefined where the places are others than 0 to `length` − 1, each once.
 */
export function inverseOf(
  sum: Affine,
  counters: readonly Counter[],
  length: number,
): ((place: Expr) => readonly Stmt[]) | undefined {
  if (sum.base !== 0 || sum.terms.size > counters.length) return undefined;
  const factors = counters.map((counter) => ({ ...counter, factor: sum.terms.get(counter.index) ?? 0 }));
  const moving = factors.filter(({ count }) => count > 1).sort((a, b) => a.factor - b.factor);
  if (Array.from(sum.terms.keys()).some((v) => !counters.some(({ index }) => index === v))) return undefined;
  let reach = 1;
  for (const { factor, count } of moving) {
    if (factor !== reach) return undefined;
    reach *= count;
  }
  if (reach !== length) return undefined;
  return (place) =>
    factors.map(({ index, count, factor }) => {
      if (count === 1) return declare(index, 0);
      const quotient = div(place, factor);
      return declare(index, factor * count === length ? quotient : mod(quotient, count));
    });
}

/** How many elements are stored, to one array if that is given; undefined where it depends on what is computed. */
export function storedBy(body: readonly Stmt[], array?: Arr): number | undefined {
  let sum = 0;
  for (const s of body) {
    if (s.kind === 'store' && s.array === (array ?? s.array)) sum++;
    if (s.kind !== 'for' && s.kind !== 'if') continue;
    const inner = storedBy(s.body, array);
    if (inner === 0) continue;
    if (inner === undefined || s.kind === 'if' || s.from.kind !== 'number' || s.to.kind !== 'number') return undefined;
    sum += inner * Math.max(0, s.to.value - s.from.value);
  }
  return sum;
}

/** Whether any of the statements loads from an array. */
export const isLoaded = (array: Arr, body: readonly Stmt[]): boolean =>
  loadsIn(body).some((load) => load.array === array);

type Load = Extract<Expr, { kind: 'load' }>;

/** Wherever they stand. */
export function loadsIn(body: readonly Stmt[]): readonly Load[] {
  const found: Load[] = [];
  const look = (e: Expr): void => {
    if (e.kind === 'load') found.push(e);
    for (const part of partsOf(e)) look(part);
  };
  for (const e of expressionsIn(body)) look(e);
  return found;
}

/** Those that statements evaluate, whole. */
export function expressionsIn(body: readonly Stmt[]): readonly Expr[] {
  return body.flatMap((s) => [
    ...ownExpressions(s),
    ...(s.kind === 'for' || s.kind === 'if' ? expressionsIn(s.body) : []),
  ]);
}

function ownExpressions(s: Stmt): readonly Expr[] {
  switch (s.kind) {
    case 'for':
      return [s.from, s.to];
    case 'if':
      return [s.condition];
    case 'store':
      return [s.index, s.value];
    case 'let':
    case 'set':
      return [s.value];
  }
}

/** Arrays that statements store to. */
export const storedIn = (body: readonly Stmt[]): ReadonlySet<Arr> =>
  new Set(
    body.flatMap((s) =>
      s.kind === 'store' ? [s.array] : s.kind === 'for' || s.kind === 'if' ? [...storedIn(s.body)] : [],
    ),
  );
