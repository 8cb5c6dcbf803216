/** Prints loop nests in any language with braces and C's expressions; what differs between languages is a record. */
import { bug } from '../src/diagnostic.ts';
import type { Arr, BinaryOp, Expr, Scalar, Stmt, UnaryOp, Var } from '../src/loop/loop.ts';
import { typeOf } from '../src/loop/loop.ts';
import { namer } from '../src/loop/names.ts';

export interface Syntax {
  /** The head of a counting loop, up to its brace. */
  loop(index: string, from: string, to: string): string;
  /** A declaration without its semicolon. */
  declare(name: string, type: Scalar, value: string, constant: boolean): string;
  number(value: number, type: Scalar): string;
  load(array: Arr, index: string): string;
  /** A store without its semicolon. */
  store(array: Arr, index: string, value: string): string;
  /** Any operator but the infix ones that all such languages share. Operands bind tighter than any operator. */
  unary(op: UnaryOp, type: Scalar, of: string): string;
  binary(op: BinaryOp, type: Scalar, left: string, right: string): string;
  cast(to: Scalar, of: string): string;
}

/** What C's grammar knows of an expression: how tightly it binds. */
interface Printed {
  readonly text: string;
  readonly level: Level;
}

const enumerated = ['choice', 'compare', 'sum', 'product', 'atom'] as const;
type Level = (typeof enumerated)[number];

const infix: ReadonlyMap<BinaryOp, Level> = new Map<BinaryOp, Level>([
  ['+', 'sum'],
  ['-', 'sum'],
  ['*', 'product'],
  ['<', 'compare'],
  ['<=', 'compare'],
  ['==', 'compare'],
  ['!=', 'compare'],
]);

export interface Printing {
  readonly reserved: Iterable<string>;
  readonly indent?: string;
  /** Variables that are declared before, by their hints, and never negative. */
  readonly outer?: readonly Var[];
}

/** Statements as lines, indented by `indent`. Names avoid those in `reserved`. */
export function printLoops(
  body: readonly Stmt[],
  syntax: Syntax,
  { reserved, indent = '', outer = [] }: Printing,
): string {
  const name = namer(reserved);
  for (const v of outer) if (name(v) !== v.hint) bug(`"${v.hint}" is the name of something else`);
  const assigned = assignedIn(body);
  const given = givenIn(body);
  const positive = new Set<Var>(outer);

  const block = (statements: readonly Stmt[], margin: string): string[] =>
    statements.flatMap((s) => statement(s, margin));

  function braced(head: string, statements: readonly Stmt[], margin: string): string[] {
    return [`${margin}${head} {`, ...block(statements, `${margin}  `), `${margin}}`];
  }

  function statement(s: Stmt, margin: string): string[] {
    switch (s.kind) {
      case 'for':
        if (notNegative(s.from, positive)) positive.add(s.index);
        return braced(syntax.loop(name(s.index), text(s.from, 'sum'), text(s.to, 'sum')), s.body, margin);
      case 'let': {
        const constant = !assigned.has(s.name);
        if (constant && s.name.type === 'i32' && notNegative(s.value, positive)) positive.add(s.name);
        return [`${margin}${syntax.declare(name(s.name), s.name.type, text(s.value), constant)};`];
      }
      case 'set':
        return [`${margin}${name(s.name)} = ${text(s.value)};`];
      case 'store':
        return [`${margin}${syntax.store(s.array, text(s.index), text(s.value))};`];
      case 'if':
        return braced(`if (${bare(text(s.condition))})`, s.body, margin);
    }
  }

  /** Text that binds at least as tightly as `level`. */
  function text(e: Expr, level: Level = 'choice'): string {
    const printed = expression(e);
    const loose = enumerated.indexOf(printed.level) < enumerated.indexOf(level);
    return loose ? `(${printed.text})` : printed.text;
  }

  function expression(e: Expr): Printed {
    switch (e.kind) {
      case 'number':
        return { text: syntax.number(e.value, e.type), level: 'atom' };
      case 'var':
        return { text: name(e), level: 'atom' };
      case 'load':
        return { text: syntax.load(e.array, text(e.index)), level: 'atom' };
      case 'unary':
        return { text: syntax.unary(e.op, typeOf(e.of), text(e.of, 'atom')), level: 'atom' };
      case 'cast':
        return { text: syntax.cast(e.type, text(e.of, 'atom')), level: 'atom' };
      case 'select':
        return {
          text: `${text(e.condition, 'compare')} ? ${text(e.yes, 'compare')} : ${text(e.no, 'compare')}`,
          level: 'choice',
        };
      case 'binary':
        return binary(e);
    }
  }

  function binary(e: Extract<Expr, { kind: 'binary' }>): Printed {
    const { op, left, right } = e;
    const type = typeOf(left);
    const level = infix.get(op);
    if (level && !(type === 'i32' && level !== 'compare' && isGiven(e, given))) {
      // `a - (b + c)` and products of integer divisions need their parentheses; sums and products chain to the left.
      const tighter = level === 'compare' ? 'sum' : level === 'sum' ? 'product' : 'atom';
      return { text: `${text(left, level === 'compare' ? 'sum' : level)} ${op} ${text(right, tighter)}`, level };
    }
    if ((op === '/' && type === 'f32') || ((op === '/' || op === '%') && notNegative(left, positive)))
      return { text: `${text(left, 'product')} ${op} ${text(right, 'atom')}`, level: 'product' };
    return { text: syntax.binary(op, type, text(left, 'atom'), text(right, 'atom')), level: 'atom' };
  }

  return block(body, indent).join('\n');
}

/** Without the parentheses around all of it, where the place has its own. */
export function bare(text: string): string {
  if (!text.startsWith('(') || !text.endsWith(')')) return text;
  let depth = 0;
  for (let i = 0; i < text.length - 1; i++) {
    if (text[i] === '(') depth++;
    if (text[i] === ')') depth--;
    if (depth === 0) return text;
  }
  return text.slice(1, -1);
}

/** Variables that are set after their declaration. */
function assignedIn(body: readonly Stmt[]): ReadonlySet<Var> {
  const found = new Set<Var>();
  const visit = (statements: readonly Stmt[]): void => {
    for (const s of statements) {
      if (s.kind === 'set') found.add(s.name);
      if (s.kind === 'for' || s.kind === 'if') visit(s.body);
    }
  };
  visit(body);
  return found;
}

/** Whether an i32 is known to be zero or more, so that truncating and flooring division agree. */
function notNegative(e: Expr, positive: ReadonlySet<Var>): boolean {
  switch (e.kind) {
    case 'number':
      return e.type === 'i32' && e.value >= 0;
    case 'var':
      return positive.has(e);
    case 'load':
      return e.array.dtype === 'u8' || e.array.dtype === 'u16';
    case 'binary':
      if (typeOf(e.left) !== 'i32') return e.op === '<' || e.op === '<=' || e.op === '==' || e.op === '!=';
      if (e.op === '-' || e.op === '<<' || e.op === '>>' || e.op === 'pow') return false;
      if (e.op === 'remainder') return notNegative(e.left, positive);
      return notNegative(e.left, positive) && notNegative(e.right, positive);
    default:
      return false;
  }
}

/** Variables whose value comes from integers in memory, so that nobody knows how large it is. */
function givenIn(body: readonly Stmt[]): ReadonlySet<Var> {
  const found = new Set<Var>();
  const visit = (statements: readonly Stmt[]): void => {
    for (const s of statements) {
      if ((s.kind === 'let' || s.kind === 'set') && isGiven(s.value, found)) found.add(s.name);
      if (s.kind === 'for' || s.kind === 'if') visit(s.body);
    }
  };
  // One variable may be set from another that is declared before it and set after it.
  for (let count = -1; count !== found.size; ) {
    count = found.size;
    visit(body);
  }
  return found;
}

/** Whether integers of 32 bits from memory take part, so that a sum or product may wrap around. */
function isGiven(e: Expr, given: ReadonlySet<Var>): boolean {
  switch (e.kind) {
    case 'var':
      return given.has(e);
    case 'load':
      return e.array.dtype === 'i32' || e.array.dtype === 'u32';
    case 'unary':
      return isGiven(e.of, given);
    case 'binary':
      return isGiven(e.left, given) || isGiven(e.right, given);
    case 'select':
      return isGiven(e.yes, given) || isGiven(e.no, given);
    case 'cast':
      return e.type === 'i32';
    default:
      return false;
  }
}
