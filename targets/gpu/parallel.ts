/**
 * Loops → invocations. The counters of the outermost loops become places in a grid, one invocation each, where it is proved
 * that no two of them touch an element that either writes. Where it is not, one invocation runs the loops as they are.
 */
import type { Arr, Expr, Stmt, Var } from '../../src/loop/loop.ts';
import type { Affine, Known } from './affine.ts';
import { knownIn } from './affine.ts';

/** What is dispatched at once. */
export interface Grid {
  /** Counters and how many values from `from` each has, the one that changes fastest first; none where one invocation does it all. */
  readonly axes: readonly Axis[];
  readonly body: readonly Stmt[];
}

export interface Axis {
  readonly index: Var;
  readonly from: number;
  readonly count: number;
}

/** One after the other, each when the one before is done. */
export function gridsOf(body: readonly Stmt[]): readonly Grid[] {
  // What a statement declares at the top is visible to those after it, which then stay together.
  if (body.some((s) => s.kind === 'let' || s.kind === 'set')) return [gridOf(body)];
  const pieces: Stmt[][] = [];
  body.forEach((s, i) => {
    if (i > 0 && s.kind !== 'for' && body[i - 1].kind !== 'for') pieces[pieces.length - 1].push(s);
    else pieces.push([s]);
  });
  return pieces.map(gridOf);
}

function gridOf(body: readonly Stmt[]): Grid {
  const serial: Grid = { axes: [], body };
  const known = knownIn(body);
  const axes: Axis[] = [];
  for (let inner = opened(body, known); inner; inner = opened(inner.loop.body, known)) {
    const { index, from, to } = inner.loop;
    if (from.kind !== 'number' || to.kind !== 'number' || to.value <= from.value) break;
    axes.push({ index, from: from.value, count: to.value - from.value });
  }
  // The innermost loops may carry sums from turn to turn, and then the outer ones alone are apart.
  for (let depth = axes.length; depth > 0; depth--) {
    const parallel = axes.slice(0, depth);
    const inside = bodyAt(body, depth, known);
    const steps = apart(inside, parallel, known);
    if (steps)
      return {
        axes: parallel.toSorted((a, b) => (steps.get(a.index) ?? 0) - (steps.get(b.index) ?? 0)),
        body: inside,
      };
  }
  return serial;
}

interface Opened {
  readonly before: readonly Stmt[];
  readonly loop: Extract<Stmt, { kind: 'for' }>;
}

/** A loop, and what is declared once for all of its turns, which each turn may as well declare for itself. */
function opened(body: readonly Stmt[], { changed }: Known): Opened | undefined {
  const [before, loop] = [body.slice(0, -1), body.at(-1)];
  return loop?.kind === 'for' && before.every((s) => s.kind === 'let' && !changed.has(s.name))
    ? { before, loop }
    : undefined;
}

/** What an invocation does that has a place in so many loops. */
function bodyAt(body: readonly Stmt[], depth: number, known: Known): readonly Stmt[] {
  const outer = depth === 0 ? undefined : opened(body, known);
  return outer ? [...outer.before, ...bodyAt(outer.loop.body, depth - 1, known)] : body;
}

/**
 * How far apart in memory neighbours along each axis write, if all that is written, or read again, is one sum of counters which
 * gives each of their values a place of its own: ordered by factor, each is larger than all before it reach together.
 */
function apart(body: readonly Stmt[], axes: readonly Axis[], known: Known): ReadonlyMap<Var, number> | undefined {
  const forms = new Map<Arr, string>();
  const steps = new Map<Var, number>();
  const outer = new Set(axes.map((axis) => axis.index));
  for (const { array, index } of accesses(body)) {
    const sum = known.affine(index);
    if (!sum || !isOneToOne(sum, outer, known)) return undefined;
    const form = formOf(sum, outer, known);
    if ((forms.get(array) ?? form) !== form) return undefined;
    forms.set(array, form);
    for (const [v, factor] of sum.terms) steps.set(v, Math.abs(factor));
  }
  return steps;
}

function isOneToOne(sum: Affine, outer: ReadonlySet<Var>, { spans }: Known): boolean {
  const counts = new Map(Array.from([...outer, ...sum.terms.keys()], (v) => [v, countOf(v, spans)]));
  const moving = Array.from(counts).filter(([, count]) => count > 1);
  if (moving.some(([v]) => !sum.terms.has(v))) return false;
  let reach = 0;
  const factors = moving.map(([v, count]) => ({ factor: Math.abs(sum.terms.get(v) ?? 0), count }));
  for (const { factor, count } of factors.sort((a, b) => a.factor - b.factor)) {
    if (factor <= reach) return false;
    reach += factor * (count - 1);
  }
  return true;
}

const countOf = (v: Var, spans: Known['spans']): number => {
  const span = spans.get(v);
  return span ? span.high - span.low + 1 : Infinity;
};

/** The same for two sums that differ in the inner counters alone, which visit the same places. */
function formOf({ base, terms }: Affine, outer: ReadonlySet<Var>, { spans }: Known): string {
  const own = [...outer].map((v) => terms.get(v) ?? 0);
  const inner = Array.from(terms)
    .filter(([v]) => !outer.has(v))
    .map(([v, factor]) => `${factor} ${spans.get(v)?.low} ${spans.get(v)?.high}`);
  return JSON.stringify([base, own, inner.sort()]);
}

interface Access {
  readonly array: Arr;
  readonly index: Expr;
}

/** Every store, and every load from what is stored to. */
function accesses(body: readonly Stmt[]): readonly Access[] {
  const stores: Access[] = [];
  const loads: Access[] = [];
  const look = (e: Expr): void => {
    if (e.kind === 'load') loads.push(e);
    for (const part of partsOf(e)) look(part);
  };
  const visit = (s: Stmt): void => {
    if (s.kind === 'store') stores.push(s);
    if (s.kind === 'for') [s.from, s.to].forEach(look);
    if (s.kind === 'if') look(s.condition);
    if (s.kind === 'store') look(s.index);
    if (s.kind === 'let' || s.kind === 'set' || s.kind === 'store') look(s.value);
    if (s.kind === 'for' || s.kind === 'if') s.body.forEach(visit);
  };
  body.forEach(visit);
  const written = new Set(stores.map((s) => s.array));
  return [...stores, ...loads.filter((l) => written.has(l.array))];
}

/** The expressions that one is made of. */
export function partsOf(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'number':
    case 'var':
      return [];
    case 'load':
      return [e.index];
    case 'unary':
    case 'cast':
      return [e.of];
    case 'binary':
      return [e.left, e.right];
    case 'select':
      return [e.condition, e.yes, e.no];
  }
}
