/** Interprets loop nests: the oracle for formats and lowerings, with no target in sight. */
import { bug } from '../diagnostic.ts';
import { fromF16, toF16 } from '../tensor/f16.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Arr, Expr, Stmt, Var } from './loop.ts';
import { typeOf } from './loop.ts';
import { binaryMeaning, unaryMeaning } from './meaning.ts';

export type Memory = ReadonlyMap<Arr, Numbers>;

type Scope = Map<Var, number>;

/** Runs statements over `memory`. An access out of bounds is a bug in whoever wrote the loops. */
export function run(body: readonly Stmt[], memory: Memory): void {
  const scope: Scope = new Map();
  for (const statement of body.map((s) => compile(s, memory))) statement(scope);
}

type Action = (scope: Scope) => void;
type Thunk = (scope: Scope) => number;

/** Statements become closures once, so that a loop's body is not looked at again in every turn. */
function compile(s: Stmt, memory: Memory): Action {
  switch (s.kind) {
    case 'for': {
      const [from, to, body] = [value(s.from, memory), value(s.to, memory), s.body.map((b) => compile(b, memory))];
      return (scope) => {
        const end = to(scope);
        for (let i = from(scope); i < end; i++) {
          scope.set(s.index, i);
          for (const action of body) action(scope);
        }
      };
    }
    case 'let':
    case 'set': {
      const of = value(s.value, memory);
      return (scope) => void scope.set(s.name, of(scope));
    }
    case 'if': {
      const [condition, body] = [value(s.condition, memory), s.body.map((b) => compile(b, memory))];
      return (scope) => {
        if (condition(scope)) for (const action of body) action(scope);
      };
    }
    case 'store': {
      const { array } = s;
      const [data, index, of] = [memoryOf(memory, array), value(s.index, memory), value(s.value, memory)];
      return (scope) => {
        const at = index(scope);
        if (!(at >= 0 && at < array.length)) bug(`store to ${array.name}[${at}] is out of bounds (${array.length})`);
        const v = of(scope);
        data[at] = array.dtype === 'f16' ? toF16(v) : v;
      };
    }
  }
}

function value(e: Expr, memory: Memory): Thunk {
  switch (e.kind) {
    case 'number':
      return () => e.value;
    case 'var':
      return (scope) => scope.get(e) ?? bug(`"${e.hint}" is read before it is set`);
    case 'load': {
      const { array } = e;
      const [data, index] = [memoryOf(memory, array), value(e.index, memory)];
      return (scope) => {
        const at = index(scope);
        if (!(at >= 0 && at < array.length)) bug(`load of ${array.name}[${at}] is out of bounds (${array.length})`);
        return array.dtype === 'f16' ? fromF16(data[at]) : data[at];
      };
    }
    case 'unary': {
      const [of, meaning] = [value(e.of, memory), unaryMeaning[e.op]];
      return typeOf(e.of) === 'f32' ? (scope) => Math.fround(meaning(of(scope))) : (scope) => meaning(of(scope)) | 0;
    }
    case 'binary': {
      const [left, right] = [value(e.left, memory), value(e.right, memory)];
      const meaning = binaryMeaning[typeOf(e.left)][e.op];
      return (scope) => meaning(left(scope), right(scope));
    }
    case 'select': {
      const [condition, yes, no] = [value(e.condition, memory), value(e.yes, memory), value(e.no, memory)];
      return (scope) => (condition(scope) ? yes(scope) : no(scope));
    }
    case 'cast': {
      const of = value(e.of, memory);
      return e.type === 'f32' ? (scope) => Math.fround(of(scope)) : (scope) => Math.trunc(of(scope)) | 0;
    }
  }
}

const memoryOf = (memory: Memory, array: Arr): Numbers => memory.get(array) ?? bug(`no memory for "${array.name}"`);
