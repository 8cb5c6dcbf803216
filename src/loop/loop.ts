/**
 * The loop language. Formats and operators are written in it, targets print it, and `run`
 * interprets it. Variables and arrays are objects compared by identity, so two authors can
 * never capture each other's names. Every expression is an f32 or an i32. A variable is visible after its `let` to
 * the end of the block, and is declared once there.
 */
import { bug } from '../diagnostic.ts';
import type { DType } from '../tensor/type.ts';
import { binaryMeaning } from './meaning.ts';

export type Scalar = 'f32' | 'i32';

/**
 * Both sides of a `select` are computed, so both must be harmless. A `cast` to i32 drops the fraction, and is of
 * numbers that an i32 holds.
 */
export type Expr =
  | { readonly kind: 'number'; readonly type: Scalar; readonly value: number }
  | Var
  | { readonly kind: 'load'; readonly array: Arr; readonly index: Expr }
  | { readonly kind: 'unary'; readonly op: UnaryOp; readonly of: Expr }
  | { readonly kind: 'binary'; readonly op: BinaryOp; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'select'; readonly condition: Expr; readonly yes: Expr; readonly no: Expr }
  | { readonly kind: 'cast'; readonly type: Scalar; readonly of: Expr };

/**
 * `min` and `max` are `b < a ? b : a` and `a < b ? b : a`. On i32, `/` and `%` round towards
 * minus infinity and are used with positive divisors only. Comparisons give i32 0 or 1. `&`, `|`, `^`, `<<`, `>>`
 * (logical) take i32. `quotient` takes i32 and rounds towards zero, and `remainder` has the sign of the dividend;
 * both take divisors of any kind: on i32 a quotient by 0 is 0, its remainder the dividend, and −2^31 / −1 wraps around.
 * `remainder` of f32 is exact, as `fmod` of C. `pow` of i32 multiplies, wrapping around; powers below 0 drop the fraction,
 * and that of 0 is 0.
 */
export type BinaryOp =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | 'quotient'
  | 'remainder'
  | 'min'
  | 'max'
  | 'pow'
  | '<'
  | '<='
  | '=='
  | '!='
  | '&'
  | '|'
  | '^'
  | '<<'
  | '>>';

/** `popcount` takes i32; the others f32 (`neg` and `abs` either). `round` rounds ties to even. */
export type UnaryOp =
  | 'neg'
  | 'abs'
  | 'sqrt'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'exp'
  | 'log'
  | 'tanh'
  | 'erf'
  | 'sin'
  | 'cos'
  | 'atan'
  | 'popcount';

export type Stmt =
  | {
      readonly kind: 'for';
      readonly index: Var;
      readonly from: Expr;
      readonly to: Expr;
      readonly body: readonly Stmt[];
    }
  | { readonly kind: 'let'; readonly name: Var; readonly value: Expr }
  | { readonly kind: 'set'; readonly name: Var; readonly value: Expr }
  | { readonly kind: 'store'; readonly array: Arr; readonly index: Expr; readonly value: Expr }
  | { readonly kind: 'if'; readonly condition: Expr; readonly body: readonly Stmt[] };

export interface Var {
  readonly kind: 'var';
  readonly hint: string;
  readonly type: Scalar;
}

/**
 * Memory of one element type. Loads of f16 and bf16 give f32, loads of any integer type give i32. Stores to f16 and bf16 round to the nearest,
 * ties to even; what is beyond the largest f16 becomes that.
 */
export interface Arr {
  /** An identifier in every target's language: lower-case letters, digits and underscores, made by us. */
  readonly name: string;
  readonly dtype: DType;
  readonly length: number;
}

/** A bare number is an i32; an f32 is written `f32(0.5)`. */
export type Operand = Expr | number;

const reals: ReadonlySet<DType> = new Set<DType>(['f32', 'f16', 'bf16']);

export const scalarOf = (dtype: DType): Scalar => (reals.has(dtype) ? 'f32' : 'i32');

/** What an expression computes. */
export function typeOf(e: Expr): Scalar {
  switch (e.kind) {
    case 'number':
    case 'var':
    case 'cast':
      return e.type;
    case 'load':
      return scalarOf(e.array.dtype);
    case 'unary':
      return typeOf(e.of);
    case 'select':
      return typeOf(e.yes);
    case 'binary':
      return comparisons.has(e.op) ? 'i32' : typeOf(e.left);
  }
}

export const comparisons: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['<', '<=', '==', '!=']);

export const f32 = (value: number): Expr => ({ kind: 'number', type: 'f32', value: Math.fround(value) });
/** Written signed or unsigned. */
export const i32 = (value: number): Expr =>
  Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 32
    ? { kind: 'number', type: 'i32', value: value | 0 }
    : bug(`${value} is no i32`);
export const local = (hint: string, type: Scalar): Var => ({ kind: 'var', hint, type });

const lift = (x: Operand): Expr => (typeof x === 'number' ? i32(x) : x);
const known = (e: Expr): number | undefined => (e.kind === 'number' && e.type === 'i32' ? e.value : undefined);

/** i32 arithmetic on known numbers is done now; so are the neutral elements of + and *. */
export function binary(op: BinaryOp, a: Operand, b: Operand): Expr {
  const [left, right] = [lift(a), lift(b)];
  const [x, y] = [known(left), known(right)];
  if (x !== undefined && y !== undefined && folded.has(op) && !(divisions.has(op) && y <= 0))
    return i32(binaryMeaning.i32[op](x, y));
  if (x === 0 && op === '+') return right;
  if (y === 0 && (op === '+' || op === '-')) return left;
  if ((x === 0 || y === 0) && op === '*') return i32(0);
  if (x === 1 && op === '*') return right;
  if (y === 1 && (op === '*' || op === '/')) return left;
  if (y === 1 && op === '%') return i32(0);
  if (typeOf(left) !== typeOf(right)) bug(`"${op}" of ${typeOf(left)} and ${typeOf(right)}`);
  return { kind: 'binary', op, left, right };
}

const divisions: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['/', '%']);
const folded: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['+', '-', '*', '/', '%', 'min', 'max']);

export const add = (a: Operand, b: Operand): Expr => binary('+', a, b);
export const sub = (a: Operand, b: Operand): Expr => binary('-', a, b);
export const mul = (a: Operand, b: Operand): Expr => binary('*', a, b);
export const div = (a: Operand, b: Operand): Expr => binary('/', a, b);
export const mod = (a: Operand, b: Operand): Expr => binary('%', a, b);
export const min = (a: Operand, b: Operand): Expr => binary('min', a, b);
export const max = (a: Operand, b: Operand): Expr => binary('max', a, b);
export const less = (a: Operand, b: Operand): Expr => binary('<', a, b);
export const both = (a: Operand, b: Operand): Expr => binary('&', a, b);
export const sum = (...terms: readonly Operand[]): Expr => terms.map(lift).reduce(add, i32(0));

export const unary = (op: UnaryOp, of: Operand): Expr => ({ kind: 'unary', op, of: lift(of) });

export const select = (condition: Expr, yes: Operand, no: Operand): Expr => ({
  kind: 'select',
  condition,
  yes: lift(yes),
  no: lift(no),
});

export function cast(type: Scalar, of: Operand): Expr {
  const e = lift(of);
  return typeOf(e) === type ? e : { kind: 'cast', type, of: e };
}

export const load = (array: Arr, index: Operand): Expr => ({ kind: 'load', array, index: lift(index) });

/** Counts `index` from `from` up to, not including, `to`. A loop of one turn is its body. */
export function loop(
  hint: string,
  from: Operand,
  to: Operand,
  body: (index: Expr) => readonly Stmt[],
): readonly Stmt[] {
  if (typeof from === 'number' && typeof to === 'number' && to - from === 1) return body(lift(from));
  const index = local(hint, 'i32');
  return [{ kind: 'for', index, from: lift(from), to: lift(to), body: body(index) }];
}

/** Loops nested in each other, one per size, outermost first. */
export function nest(
  sizes: readonly Operand[],
  body: (indices: readonly Expr[]) => readonly Stmt[],
  hints: readonly string[] = ['i', 'j', 'k', 'l', 'm', 'n'],
): readonly Stmt[] {
  const inner = (depth: number, indices: readonly Expr[]): readonly Stmt[] =>
    depth === sizes.length
      ? body(indices)
      : loop(hints[depth] ?? 'i', 0, sizes[depth], (i) => inner(depth + 1, [...indices, i]));
  return inner(0, []);
}

export const declare = (name: Var, value: Operand): Stmt => ({ kind: 'let', name, value: lift(value) });
export const assign = (name: Var, value: Operand): Stmt => ({ kind: 'set', name, value: lift(value) });
export const accumulate = (name: Var, value: Operand): Stmt => assign(name, add(name, value));
export const when = (condition: Expr, body: readonly Stmt[]): Stmt => ({ kind: 'if', condition, body });

export const store = (array: Arr, index: Operand, value: Operand): Stmt => ({
  kind: 'store',
  array,
  index: lift(index),
  value: lift(value),
});
