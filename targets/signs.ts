/** Which integer expressions can never be negative: those divide and wrap without a look at the sign. */
import type { Expr, Stmt, Var } from '../src/loop/loop.ts';

export type NonNegative = (e: Expr) => boolean;

/** Judges the expressions of a step. A variable counts when the loop or the one `let` that makes it says so. */
export function nonNegativeIn(body: readonly Stmt[]): NonNegative {
  const known = new Set<Var>();
  const changed = new Set<Var>();
  walk(body, (s) => void (s.kind === 'set' && changed.add(s.name)));

  const is = (e: Expr): boolean => {
    switch (e.kind) {
      case 'number':
        return e.value >= 0;
      case 'var':
        return known.has(e);
      case 'load':
        return e.array.dtype === 'u8' || e.array.dtype === 'u16';
      case 'select':
        return is(e.yes) && is(e.no);
      case 'unary':
        return e.op === 'popcount';
      case 'cast':
        return false;
      case 'binary':
        return isBinary(e);
    }
  };

  const isBinary = ({ op, left, right }: Extract<Expr, { kind: 'binary' }>): boolean => {
    switch (op) {
      case '+':
      case '*':
      case 'min':
      case 'quotient':
      case '^':
        return is(left) && is(right);
      case 'max':
      case '&':
        return is(left) || is(right);
      case '/':
      case '>>':
      case 'remainder':
        return is(left);
      case '-':
      case '|':
      case '<<':
      case 'pow':
        return false;
      default:
        return true;
    }
  };

  walk(body, (s) => {
    if (s.kind === 'for' && is(s.from)) known.add(s.index);
    if (s.kind === 'let' && !changed.has(s.name) && s.name.type === 'i32' && is(s.value)) known.add(s.name);
  });
  return is;
}

/** Each statement, outer before inner, in order. */
function walk(body: readonly Stmt[], visit: (s: Stmt) => void): void {
  for (const s of body) {
    visit(s);
    if (s.kind === 'for' || s.kind === 'if') walk(s.body, visit);
  }
}
