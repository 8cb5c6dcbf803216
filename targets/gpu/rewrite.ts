/** Loops with some of their expressions replaced. */
import type { Expr, Stmt, Var } from '../../src/loop/loop.ts';
import { local } from '../../src/loop/loop.ts';

/** An expression with the parts that it is made of changed. */
export function withParts(e: Expr, part: (e: Expr) => Expr): Expr {
  switch (e.kind) {
    case 'number':
    case 'var':
      return e;
    case 'load':
      return { ...e, index: part(e.index) };
    case 'unary':
    case 'cast':
      return { ...e, of: part(e.of) };
    case 'binary':
      return { ...e, left: part(e.left), right: part(e.right) };
    case 'select':
      return { ...e, condition: part(e.condition), yes: part(e.yes), no: part(e.no) };
  }
}

/** A statement with the expressions that it evaluates itself, and with what is in it, changed. */
export function withExpressions(
  s: Stmt,
  expression: (e: Expr) => Expr,
  inside: (body: readonly Stmt[]) => readonly Stmt[],
): Stmt {
  switch (s.kind) {
    case 'for':
      return { ...s, from: expression(s.from), to: expression(s.to), body: inside(s.body) };
    case 'let':
    case 'set':
      return { ...s, value: expression(s.value) };
    case 'if':
      return { ...s, condition: expression(s.condition), body: inside(s.body) };
    case 'store':
      return { ...s, index: expression(s.index), value: expression(s.value) };
  }
}

/** A copy in which all that is declared has variables of its own. */
export function copied(body: readonly Stmt[]): readonly Stmt[] {
  const own = new Map<Var, Var>();
  const declared = (v: Var): Var => {
    const name = local(v.hint, v.type);
    own.set(v, name);
    return name;
  };
  const expression = (e: Expr): Expr => (e.kind === 'var' ? (own.get(e) ?? e) : withParts(e, expression));
  const statement = (s: Stmt): Stmt => {
    // Counters are seen inside alone.
    if (s.kind === 'for') {
      const [from, to] = [expression(s.from), expression(s.to)];
      return { ...s, from, to, index: declared(s.index), body: s.body.map(statement) };
    }
    const changed = withExpressions(s, expression, (inner) => inner.map(statement));
    if (changed.kind === 'let') return { ...changed, name: declared(changed.name) };
    return changed.kind === 'set' ? { ...changed, name: own.get(changed.name) ?? changed.name } : changed;
  };
  return body.map(statement);
}
