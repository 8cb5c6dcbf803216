/** Loop nests as folded WebAssembly text. */
import { bug } from '../../src/diagnostic.ts';
import type { Arr, BinaryOp, Expr, Scalar, Stmt, UnaryOp, Var } from '../../src/loop/loop.ts';
import { local, typeOf } from '../../src/loop/loop.ts';
import { namer } from '../../src/loop/names.ts';
import type { Routine } from '../../src/plan/kernel.ts';
import type { DType } from '../../src/tensor/type.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import { nonNegativeIn } from '../signs.ts';
import { math } from './math.ts';
import type { Wat } from './text.ts';
import { identifierOf, number } from './text.ts';

export interface PrintedLoops {
  readonly locals: readonly Wat[];
  readonly body: readonly Wat[];
  /** The functions that it calls. */
  readonly needs: readonly Routine[];
}

const loads: Readonly<Record<DType, string>> = {
  f32: 'f32.load',
  f16: 'i32.load16_u',
  bf16: 'i32.load16_u',
  i32: 'i32.load',
  u32: 'i32.load',
  i16: 'i32.load16_s',
  u16: 'i32.load16_u',
  i8: 'i32.load8_s',
  u8: 'i32.load8_u',
};

const instructions: Readonly<Record<Scalar, Readonly<Partial<Record<BinaryOp, string>>>>> = {
  f32: {
    '+': 'f32.add',
    '-': 'f32.sub',
    '*': 'f32.mul',
    '/': 'f32.div',
    '<': 'f32.lt',
    '<=': 'f32.le',
    '==': 'f32.eq',
    '!=': 'f32.ne',
  },
  i32: {
    '+': 'i32.add',
    '-': 'i32.sub',
    '*': 'i32.mul',
    '<': 'i32.lt_s',
    '<=': 'i32.le_s',
    '==': 'i32.eq',
    '!=': 'i32.ne',
    '&': 'i32.and',
    '|': 'i32.or',
    '^': 'i32.xor',
    '<<': 'i32.shl',
    '>>': 'i32.shr_u',
  },
};

/** What one f32 instruction computes; the others are functions of ours. */
const single: Readonly<Partial<Record<UnaryOp, string>>> = {
  neg: 'f32.neg',
  abs: 'f32.abs',
  sqrt: 'f32.sqrt',
  floor: 'f32.floor',
  ceil: 'f32.ceil',
  round: 'f32.nearest',
};

const functions: Readonly<Partial<Record<UnaryOp, Routine>>> = {
  exp: math.exp,
  log: math.log,
  tanh: math.tanh,
  erf: math.erf,
  sin: math.sin,
  cos: math.cos,
  atan: math.atan,
};

const routines: Readonly<Record<Scalar, Readonly<Partial<Record<BinaryOp, Routine>>>>> = {
  f32: { pow: math.pow, '%': math.floorModF32, remainder: math.remainder },
  i32: { pow: math.powI32, quotient: math.quotientI32, remainder: math.remainderI32 },
};

/** `place` gives the byte address of an array. */
export function printLoops(body: readonly Stmt[], place: (array: Arr) => number): PrintedLoops {
  const name = namer([]);
  const nonNegative = nonNegativeIn(body);
  const locals = new Map<string, Scalar>();
  const needs = new Set<Routine>();

  const variable = (v: Var): string => {
    const id = `$${name(v)}`;
    locals.set(id, v.type);
    return id;
  };
  const get = (v: Var): Wat => ['local.get', variable(v)];
  const call = (routine: Routine, ...args: readonly Wat[]): Wat => {
    needs.add(routine);
    return ['call', `$${identifierOf(routine)}`, ...args];
  };

  /** The address operands of an access: the array's place as the static offset, the index as the address. */
  function access(instruction: string, array: Arr, index: Expr, ...rest: readonly Wat[]): Wat {
    const shift = Math.log2(bytesPer[array.dtype]);
    const at: Wat =
      index.kind === 'number'
        ? number('i32', index.value << shift)
        : shift === 0
          ? value(index)
          : ['i32.shl', value(index), number('i32', shift)];
    return [instruction, `offset=${place(array)}`, at, ...rest];
  }

  function statement(s: Stmt): readonly Wat[] {
    switch (s.kind) {
      case 'for':
        return counting(s);
      case 'let':
      case 'set':
        return [['local.set', variable(s.name), value(s.value)]];
      case 'if':
        return [['if', value(s.condition), ['then', ...s.body.flatMap(statement)]]];
      case 'store': {
        if (s.array.dtype === 'f16' || s.array.dtype === 'bf16')
          bug(`"${s.array.name}" is ${s.array.dtype}, which nothing computes`);
        const instruction = s.array.dtype === 'f32' ? 'f32.store' : `i32.store${narrow[bytesPer[s.array.dtype]]}`;
        return [access(instruction, s.array, s.index, value(s.value))];
      }
    }
  }

  /** Runs the body first and tests after it, with a test before only where there may be nothing to do. */
  function counting({ index, from, to, body: inner }: Extract<Stmt, { kind: 'for' }>): readonly Wat[] {
    const i = variable(index);
    const end = to.kind === 'number' ? to : local(`${index.hint}_end`, 'i32');
    const setup: Wat[] = [['local.set', i, value(from)]];
    if (end.kind === 'var') setup.push(['local.set', variable(end), value(to)]);
    const loop: Wat = [
      'loop',
      i,
      ...inner.flatMap(statement),
      ['br_if', i, ['i32.lt_s', ['local.tee', i, ['i32.add', ['local.get', i], number('i32', 1)]], value(end)]],
    ];
    if (from.kind === 'number' && to.kind === 'number') return from.value < to.value ? [...setup, loop] : [];
    return [...setup, ['if', ['i32.lt_s', ['local.get', i], value(end)], ['then', loop]]];
  }

  function value(e: Expr): Wat {
    switch (e.kind) {
      case 'number':
        return number(e.type, e.value);
      case 'var':
        return get(e);
      case 'load': {
        if (e.array.dtype === 'bf16') bug(`"${e.array.name}" is bf16, which nothing computes`);
        const raw = access(loads[e.array.dtype], e.array, e.index);
        return e.array.dtype === 'f16' ? call(math.f16, raw) : raw;
      }
      case 'unary':
        return unary(e.op, e.of);
      case 'binary':
        return binary(e.op, e.left, e.right);
      case 'select':
        return choose(e);
      case 'cast':
        if (e.type === 'f32') return ['f32.convert_i32_s', value(e.of)];
        return ['i32.trunc_sat_f32_s', value(e.of)];
    }
  }

  function unary(op: UnaryOp, of: Expr): Wat {
    if (op === 'popcount') return ['i32.popcnt', value(of)];
    if (typeOf(of) === 'i32') {
      const x = once('i32', 'x', of);
      const negative: Wat = ['i32.sub', number('i32', 0), x.first];
      if (op === 'neg') return negative;
      if (op === 'abs') return ['select', negative, x.again, ['i32.lt_s', x.again, number('i32', 0)]];
      return bug(`"${op}" takes f32`);
    }
    const instruction = single[op];
    if (instruction) return [instruction, value(of)];
    return call(functions[op] ?? bug(`"${op}" takes i32`), value(of));
  }

  function binary(op: BinaryOp, left: Expr, right: Expr): Wat {
    const type = typeOf(left);
    if (op === 'min') return either(type, left, right, (a, b) => [lessThan[type], b, a]);
    if (op === 'max') return either(type, left, right, (a, b) => [lessThan[type], a, b]);
    const routine = routines[type][op];
    if (routine) return call(routine, value(left), value(right));
    if (type === 'i32' && (op === '/' || op === '%')) return division(op, left, right);
    const instruction = instructions[type][op] ?? bug(`"${op}" does not take ${type}`);
    return [instruction, value(left), value(right)];
  }

  /** Rounds towards minus infinity, as shifts and masks do. */
  function division(op: '/' | '%', left: Expr, right: Expr): Wat {
    const power = right.kind === 'number' ? Math.log2(right.value) : NaN;
    if (right.kind === 'number' && Number.isInteger(power)) {
      if (op === '%') return ['i32.and', value(left), number('i32', right.value - 1)];
      return ['i32.shr_s', value(left), number('i32', power)];
    }
    if (nonNegative(left)) return [op === '/' ? 'i32.div_u' : 'i32.rem_u', value(left), value(right)];
    return call(op === '/' ? math.floorDiv : math.floorMod, value(left), value(right));
  }

  /** The second where the test holds, else the first; each is computed once, before the test. */
  function either(type: Scalar, left: Expr, right: Expr, test: (a: Wat, b: Wat) => Wat): Wat {
    const [a, b] = [once(type, 'a', left), once(type, 'b', right)];
    return ['select', b.first, a.first, test(a.again, b.again)];
  }

  function once(type: Scalar, hint: string, e: Expr): { readonly first: Wat; readonly again: Wat } {
    if (e.kind === 'var' || e.kind === 'number') return { first: value(e), again: value(e) };
    const v = local(hint, type);
    return { first: ['local.tee', variable(v), value(e)], again: get(v) };
  }

  /** Branches where one side may touch memory that only the condition makes safe, and where functions are called. */
  function choose({ condition, yes, no }: Extract<Expr, { kind: 'select' }>): Wat {
    if (cheap(yes) && cheap(no)) return ['select', value(yes), value(no), value(condition)];
    return ['if', ['result', typeOf(yes)], value(condition), ['then', value(yes)], ['else', value(no)]];
  }

  const printed = body.flatMap(statement);
  return { locals: Array.from(locals, ([id, type]): Wat => ['local', id, type]), body: printed, needs: [...needs] };
}

const narrow: Readonly<Record<number, string>> = { 1: '8', 2: '16', 4: '' };
const lessThan: Readonly<Record<Scalar, string>> = { f32: 'f32.lt', i32: 'i32.lt_s' };

function cheap(e: Expr): boolean {
  switch (e.kind) {
    case 'number':
    case 'var':
      return true;
    case 'unary':
      return (e.op in single || e.op === 'popcount') && cheap(e.of);
    case 'binary':
      return instructions[typeOf(e.left)][e.op] !== undefined && cheap(e.left) && cheap(e.right);
    case 'cast':
      return cheap(e.of);
    default:
      return false;
  }
}
