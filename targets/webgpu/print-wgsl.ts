/** Loop nests as WGSL, in which conditions are a type of their own. Memory is words, and what they mean is said at every access. */
import { bug } from '../../src/diagnostic.ts';
import type { Arr, BinaryOp, Expr, Scalar, Stmt, UnaryOp, Var } from '../../src/loop/loop.ts';
import { comparisons, scalarOf, typeOf } from '../../src/loop/loop.ts';
import { namer } from '../../src/loop/names.ts';
import type { Routine } from '../../src/plan/kernel.ts';
import type { DType } from '../../src/tensor/type.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import { knownIn } from '../gpu/affine.ts';
import { nonNegativeIn } from '../signs.ts';
import { math } from './math.ts';
import { reserved } from './words.ts';

export interface Printer {
  /** Lines, indented. */
  statements(body: readonly Stmt[], margin: string): readonly string[];
  expression(e: Expr): string;
  /** What a variable is called, for those that are declared elsewhere. */
  name(v: Var): string;
  /** The functions that were called. */
  readonly needs: ReadonlySet<Routine>;
}

/** Which buffer an array lies in, and where, in elements: an expression. */
export interface ArrayPlace {
  readonly buffer: 'memory' | 'weights';
  readonly at: string;
}

type Level = 'any' | 'sum' | 'product' | 'atom';
const levels: readonly Level[] = ['any', 'sum', 'product', 'atom'];

interface Printed {
  readonly text: string;
  readonly level: Level;
}

const atom = (text: string): Printed => ({ text, level: 'atom' });

const infix: Readonly<Partial<Record<BinaryOp, Level>>> = { '+': 'sum', '-': 'sum', '*': 'product' };

const functions: Readonly<Record<Scalar, Readonly<Partial<Record<BinaryOp, Routine>>>>> = {
  f32: { min: math.minF32, max: math.maxF32, '%': math.floorModF32, remainder: math.remainderF32, pow: math.powF32 },
  i32: {
    '/': math.floorDiv,
    '%': math.floorMod,
    quotient: math.quotientI32,
    remainder: math.remainderI32,
    pow: math.powI32,
  },
};

/** What WGSL has a function for, by its name there. */
const builtin: Readonly<Partial<Record<UnaryOp, string>>> = {
  abs: 'abs',
  sqrt: 'sqrt',
  floor: 'floor',
  ceil: 'ceil',
  round: 'round',
  exp: 'exp',
  popcount: 'countOneBits',
};

const own: Readonly<Partial<Record<UnaryOp, Routine>>> = {
  log: math.log,
  tanh: math.tanh,
  erf: math.erf,
  sin: math.sin,
  cos: math.cos,
  atan: math.atan,
};

const loaders: Readonly<Partial<Record<DType, Routine>>> = {
  u8: math.loadU8,
  i8: math.loadI8,
  u16: math.loadU16,
  i16: math.loadI16,
  f16: math.loadF16,
};

export const functionName = ({ name }: Routine): string => name.replaceAll('-', '_');

/** A printer for statements that belong to `whole`, which tells it what their variables can be. */
export function printerFor(whole: readonly Stmt[], place: (array: Arr) => ArrayPlace): Printer {
  const name = namer(reserved);
  const nonNegative = nonNegativeIn(whole);
  const known = knownIn(whole);
  const assigned = assignedIn(whole);
  const needs = new Set<Routine>();

  const call = (routine: Routine, ...args: readonly string[]): Printed => {
    needs.add(routine);
    return atom(`${functionName(routine)}(${args.join(', ')})`);
  };

  const statements = (body: readonly Stmt[], margin: string): readonly string[] =>
    body.flatMap((s) => statement(s, margin));

  const braced = (head: string, body: readonly Stmt[], margin: string): readonly string[] => [
    `${margin}${head} {`,
    ...statements(body, `${margin}  `),
    `${margin}}`,
  ];

  function statement(s: Stmt, margin: string): readonly string[] {
    switch (s.kind) {
      case 'for': {
        const i = name(s.index);
        return braced(`for (var ${i} = ${text(s.from)}; ${i} < ${text(s.to, 'sum')}; ${i}++)`, s.body, margin);
      }
      case 'let':
        return [`${margin}${assigned.has(s.name) ? 'var' : 'let'} ${name(s.name)} = ${text(s.value)};`];
      case 'set':
        return [`${margin}${name(s.name)} = ${text(s.value)};`];
      case 'if':
        return braced(`if (${condition(s.condition)})`, s.body, margin);
      case 'store': {
        const { buffer, at } = place(s.array);
        if (buffer !== 'memory' || bytesPer[s.array.dtype] !== 4) bug(`"${s.array.name}" cannot be written`);
        return [`${margin}memory[${element(at, s.index)}] = bitcast<u32>(${text(s.value)});`];
      }
    }
  }

  /** A sum of counters is written as one, whatever it was made of. */
  function element(at: string, index: Expr): string {
    const folded = sumText(index);
    return folded === '0' ? at : `${at} + ${folded ?? text(index, 'product')}`;
  }

  function sumText(e: Expr): string | undefined {
    const sum = known.affine(e);
    if (!sum) return undefined;
    const terms = Array.from(sum.terms, ([v, factor]) => (factor === 1 ? name(v) : `${name(v)} * ${literal(factor)}`));
    if (sum.base !== 0 || terms.length === 0) terms.push(literal(sum.base));
    return terms.join(' + ');
  }

  /** Text that binds at least as tightly as `level`. */
  function text(e: Expr, level: Level = 'any'): string {
    const printed = value(e);
    return levels.indexOf(printed.level) < levels.indexOf(level) ? `(${printed.text})` : printed.text;
  }

  function value(e: Expr): Printed {
    switch (e.kind) {
      case 'number':
        if (e.type === 'f32' && !Number.isFinite(e.value)) needs.add(math.infinity);
        return atom(numberText(e.value, e.type));
      case 'var':
        return atom(name(e));
      case 'load':
        return load(e.array, e.index);
      case 'unary':
        return unary(e.op, e.of);
      case 'cast':
        return atom(`${e.type}(${text(e.of)})`);
      case 'select':
        return atom(`select(${text(e.no)}, ${text(e.yes)}, ${condition(e.condition)})`);
      case 'binary':
        return isCondition(e) ? atom(`i32(${condition(e)})`) : binary(e);
    }
  }

  function load(array: Arr, index: Expr): Printed {
    const { buffer, at } = place(array);
    const loader = loaders[array.dtype];
    if (!loader) return atom(`bitcast<${scalarOf(array.dtype)}>(${buffer}[${element(at, index)}])`);
    if (buffer !== 'weights') bug(`"${array.name}" is ${array.dtype}, and no constant`);
    return call(loader, element(at, index));
  }

  function unary(op: UnaryOp, of: Expr): Printed {
    if (op === 'neg') return atom(`(-${text(of, 'atom')})`);
    const known = builtin[op];
    return known ? atom(`${known}(${text(of)})`) : call(own[op] ?? bug(`no function for "${op}"`), text(of));
  }

  function binary(e: Extract<Expr, { kind: 'binary' }>): Printed {
    const { op, left, right } = e;
    const type = typeOf(left);
    // A division whose outcome is a sum of counters costs nothing.
    const folded = type === 'i32' && (op === '/' || op === '%') ? sumText(e) : undefined;
    if (folded !== undefined) return { text: folded, level: /^\w+$/.test(folded) ? 'atom' : 'any' };
    const level = infix[op];
    if (level) {
      const tighter = level === 'sum' ? 'product' : 'atom';
      return { text: `${text(left, level)} ${op} ${text(right, tighter)}`, level };
    }
    if ((op === '/' && type === 'f32') || ((op === '/' || op === '%') && nonNegative(left)))
      return { text: `${text(left, 'product')} ${op} ${text(right, 'atom')}`, level: 'product' };
    const routine = functions[type][op];
    if (routine) return call(routine, text(left), text(right));
    const [a, b] = [text(left, 'atom'), text(right, 'atom')];
    if (op === 'min' || op === 'max') return atom(`${op}(${text(left)}, ${text(right)})`);
    if (op === '&' || op === '|' || op === '^') return atom(`(${a} ${op} ${b})`);
    if (op === '<<') return atom(`(${a} << u32(${text(right)}))`);
    if (op === '>>') return atom(`bitcast<i32>(bitcast<u32>(${text(left)}) >> u32(${text(right)}))`);
    return bug(`"${op}" has no meaning on ${type}`);
  }

  function condition(e: Expr): string {
    if (!isCondition(e)) return `${text(e, 'sum')} != 0`;
    if (e.op === '&' || e.op === '|') {
      const sides = [e.left, e.right].map((side) => `(${condition(side)})`);
      return sides.join(e.op === '&' ? ' && ' : ' || ');
    }
    return `${text(e.left, 'sum')} ${e.op} ${text(e.right, 'sum')}`;
  }

  return { statements, expression: (e) => text(e), name, needs };
}

type Comparison = Extract<Expr, { kind: 'binary' }>;

/** Whether a number is 0 or 1 because it was compared. */
function isCondition(e: Expr): e is Comparison {
  if (e.kind !== 'binary') return false;
  return comparisons.has(e.op) || ((e.op === '&' || e.op === '|') && isCondition(e.left) && isCondition(e.right));
}

function assignedIn(body: readonly Stmt[]): ReadonlySet<Var> {
  const found = new Set<Var>();
  const visit = (s: Stmt): void => {
    if (s.kind === 'set') found.add(s.name);
    if (s.kind === 'for' || s.kind === 'if') s.body.forEach(visit);
  };
  body.forEach(visit);
  return found;
}

const literal = (value: number): string => numberText(value, 'i32');

/** An f32 is the shortest decimal that reads back as the same bits. */
export function numberText(value: number, type: Scalar): string {
  if (type === 'i32') return value === -(2 ** 31) ? 'i32(-2147483648)' : value < 0 ? `(${value})` : String(value);
  if (Number.isNaN(value)) return 'not_a_number()';
  if (!Number.isFinite(value)) return value < 0 ? '(-infinity())' : 'infinity()';
  const text = `${shortest(value)}f`;
  return text.startsWith('-') ? `(${text})` : text;
}

/** Of all f32. */
const largest = (2 - 2 ** -23) * 2 ** 127;

function shortest(value: number): string {
  if (Object.is(value, -0)) return '-0';
  for (let digits = 1; digits < 10; digits++) {
    const near = Number(value.toPrecision(digits));
    // What lies beyond the largest f32 is refused, also where it would be rounded to that.
    if (Math.fround(near) === value && Math.abs(near) <= largest) return String(near);
  }
  return String(value);
}
