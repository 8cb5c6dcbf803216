/** Interprets loop nests: the oracle for formats and lowerings, with no target in sight. */
import { bug } from '../diagnostic.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { heldIn, valueIn } from '../tensor/numbers.ts';
import type { Arr, Expr, Stmt, Var } from './loop.ts';
import { typeOf } from './loop.ts';
import { binaryMeaning, unaryMeaning } from './meaning.ts';

export type Memory = ReadonlyMap<Arr, Numbers>;

/**
 * Runs statements over `memory`. What some target could not do is a bug in whoever wrote the loops: an access out of
 * bounds, a variable used where it is not visible or declared where it already is, a division by a number that is
 * not positive, a cast that does not fit.
 */
export function run(body: readonly Stmt[], memory: Memory): void {
  const values: number[] = [];
  for (const action of compileBlock(body, { memory, slots: new Map(), visible: new Set() })) action(values);
}

interface Scope {
  readonly memory: Memory;
  /** Where the value of each variable is kept. */
  readonly slots: Map<Var, number>;
  readonly visible: ReadonlySet<Var>;
}

type Action = (values: number[]) => void;
type Thunk = (values: number[]) => number;

/** Statements become closures once, so that a loop's body is not looked at again in every turn. */
function compileBlock(body: readonly Stmt[], outer: Scope): readonly Action[] {
  const visible = new Set(outer.visible);
  const scope = { ...outer, visible };
  return body.map((s) => {
    const action = compile(s, scope);
    if (s.kind === 'let') visible.add(s.name);
    return action;
  });
}

function compile(s: Stmt, scope: Scope): Action {
  switch (s.kind) {
    case 'for': {
      const [from, to, slot] = [compileValue(s.from, scope), compileValue(s.to, scope), newSlot(s.index, scope)];
      const body = compileBlock(s.body, { ...scope, visible: new Set([...scope.visible, s.index]) });
      return (values) => {
        const end = to(values);
        for (let i = from(values); i < end; i++) {
          values[slot] = i;
          for (const action of body) action(values);
        }
      };
    }
    case 'let':
    case 'set': {
      const value = compileValue(s.value, scope);
      if (typeOf(s.value) !== s.name.type) bug(`"${s.name.hint}" is ${s.name.type} and is given ${typeOf(s.value)}`);
      const slot = s.kind === 'let' ? newSlot(s.name, scope) : slotOf(s.name, scope);
      return (values) => {
        values[slot] = value(values);
      };
    }
    case 'if': {
      const [condition, body] = [compileValue(s.condition, scope), compileBlock(s.body, scope)];
      return (values) => {
        if (condition(values)) for (const action of body) action(values);
      };
    }
    case 'store': {
      const { array } = s;
      const [data, index, value] = [memoryOf(array, scope), compileValue(s.index, scope), compileValue(s.value, scope)];
      const held = heldIn(array.dtype);
      return (values) => {
        const at = index(values);
        if (!(at >= 0 && at < array.length)) bug(`store to ${array.name}[${at}] is out of bounds (${array.length})`);
        data[at] = held(value(values));
      };
    }
  }
}

function compileValue(e: Expr, scope: Scope): Thunk {
  switch (e.kind) {
    case 'number':
      return () => e.value;
    case 'var': {
      const slot = slotOf(e, scope);
      return (values) => values[slot];
    }
    case 'load': {
      const { array } = e;
      const [data, index] = [memoryOf(array, scope), compileValue(e.index, scope)];
      const held = valueIn(array.dtype);
      return (values) => {
        const at = index(values);
        if (!(at >= 0 && at < array.length)) bug(`load of ${array.name}[${at}] is out of bounds (${array.length})`);
        return held(data[at]);
      };
    }
    case 'unary': {
      const [of, meaning] = [compileValue(e.of, scope), unaryMeaning[e.op]];
      return typeOf(e.of) === 'f32'
        ? (values) => Math.fround(meaning(of(values)))
        : (values) => meaning(of(values)) | 0;
    }
    case 'binary': {
      const [left, right] = [compileValue(e.left, scope), compileValue(e.right, scope)];
      const meaning = binaryMeaning[typeOf(e.left)][e.op];
      return (values) => meaning(left(values), right(values));
    }
    case 'select': {
      const [condition, yes, no] = [
        compileValue(e.condition, scope),
        compileValue(e.yes, scope),
        compileValue(e.no, scope),
      ];
      return (values) => {
        const [a, b] = [yes(values), no(values)];
        return condition(values) ? a : b;
      };
    }
    case 'cast': {
      const of = compileValue(e.of, scope);
      return e.type === 'f32' ? (values) => Math.fround(of(values)) : (values) => toWhole(of(values));
    }
  }
}

function toWhole(x: number): number {
  const whole = Math.trunc(x);
  return whole >= -(2 ** 31) && whole < 2 ** 31 ? whole | 0 : bug(`${x} is cast to i32`);
}

function newSlot(v: Var, { slots, visible }: Scope): number {
  if (visible.has(v)) bug(`"${v.hint}" is declared twice`);
  const slot = slots.get(v) ?? slots.size;
  slots.set(v, slot);
  return slot;
}

function slotOf(v: Var, { slots, visible }: Scope): number {
  if (!visible.has(v)) bug(`"${v.hint}" is used where it is not declared`);
  return slots.get(v) ?? bug(`"${v.hint}" has no slot`);
}

const memoryOf = (array: Arr, { memory }: Scope): Numbers => memory.get(array) ?? bug(`no memory for "${array.name}"`);
