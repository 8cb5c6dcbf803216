/** Loops whose integer expressions are written as sums of counters wherever they are such sums: what layouts divide and multiply back costs nothing then. */
import type { Expr, Stmt, Var } from '../../src/loop/loop.ts';
import { add, i32, mul, typeOf } from '../../src/loop/loop.ts';
import type { Affine, Known } from './affine.ts';
import { knownIn } from './affine.ts';
import { partsOf } from './parallel.ts';
import { withExpressions, withParts } from './rewrite.ts';

/** Statements that belong to `whole`, which says what their variables can be. */
export function folded(body: readonly Stmt[], whole: readonly Stmt[]): readonly Stmt[] {
  const known = knownIn(whole);
  const expression = (e: Expr): Expr => {
    const sum = e.kind === 'binary' && typeOf(e) === 'i32' ? sumOf(e, known) : undefined;
    return sum ? printed(sum) : withParts(e, expression);
  };
  const statement = (s: Stmt): Stmt => withExpressions(s, expression, (inner) => inner.map(statement));
  return withoutUnused(body.map(statement));
}

/** Comparisons and bits are no sums. */
const summing: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%']);

/** Where all of it fits an i32. */
function sumOf(e: Extract<Expr, { kind: 'binary' }>, known: Known): Affine | undefined {
  const sum = summing.has(e.op) ? known.affine(e) : undefined;
  const span = sum && known.spanOf(sum);
  return span && span.low >= -(2 ** 31) && span.high < 2 ** 31 ? sum : undefined;
}

/** What is never negative comes first, so that no difference goes below 0 on its way. */
function printed({ base, terms }: Affine): Expr {
  const ordered = Array.from(terms).sort(([, a], [, b]) => Math.sign(b) - Math.sign(a));
  const products = ordered.map(([v, factor]) => mul(v, i32(factor)));
  const first = base > 0 && ordered.some(([, factor]) => factor < 0);
  return (first ? [i32(base), ...products] : [...products, i32(base)]).reduce(add);
}

/** What was declared for expressions that are sums now is left out. */
function withoutUnused(body: readonly Stmt[]): readonly Stmt[] {
  const used = new Set<Var>();
  const look = (e: Expr): void => {
    if (e.kind === 'var') used.add(e);
    for (const part of partsOf(e)) look(part);
  };
  const visit = (s: Stmt): void => {
    if (s.kind === 'for') [s.from, s.to].forEach(look);
    if (s.kind === 'if') look(s.condition);
    if (s.kind === 'store') look(s.index);
    if (s.kind === 'let' || s.kind === 'set' || s.kind === 'store') look(s.value);
    if (s.kind === 'set') used.add(s.name);
    if (s.kind === 'for' || s.kind === 'if') s.body.forEach(visit);
  };
  body.forEach(visit);
  let dropped = false;
  const kept = (statements: readonly Stmt[]): readonly Stmt[] =>
    statements.flatMap((s) => {
      if (s.kind === 'let' && !used.has(s.name)) {
        dropped = true;
        return [];
      }
      return [s.kind === 'for' || s.kind === 'if' ? { ...s, body: kept(s.body) } : s];
    });
  const rest = kept(body);
  return dropped ? withoutUnused(rest) : rest;
}
