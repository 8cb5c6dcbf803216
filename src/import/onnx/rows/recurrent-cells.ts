/** One step of ONNX's recurrent layers. */
import type { Value } from '../../builder.ts';
import { binary, reshape, scalar, slice } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import { linear } from './product.ts';
import type { Function1 } from './recurrent-functions.ts';
import { clipped } from './recurrent-functions.ts';

/** What a step hands to the next: [batch, hidden] each. */
export interface State {
  readonly h: Value;
  /** The cell of an LSTM; of no importance elsewhere. */
  readonly c: Value;
}

export interface CellWeights {
  /** [gates · hidden, hidden]. */
  readonly recurrence: Value;
  /** [gates · hidden]. */
  readonly bias: Value;
  /** [3 · hidden]: input, output, forget. */
  readonly peepholes?: Value | undefined;
}

export interface CellOptions {
  readonly weights: CellWeights;
  readonly functions: readonly Function1[];
  readonly clip: number | undefined;
  /** An LSTM's forget gate is 1 − its input gate. */
  readonly coupled: boolean;
  /** A GRU's reset gate comes after the product. */
  readonly linearBeforeReset: boolean;
}

/** `x` is what the step's input gives for all gates, [batch, gates · hidden]. */
export type Cell = (scope: Scope, x: Value, state: State, options: CellOptions) => State;

/** Gates `from` to `to` of a value with all of them side by side. */
function gates(scope: Scope, all: Value, from: number, to: number, hidden: number): Value {
  const [batch] = all.type.shape;
  return slice(scope, all, [0, from * hidden], [batch, (to - from) * hidden]);
}

const add = (scope: Scope, a: Value, b: Value): Value => binary(scope, 'add', a, b);
const mul = (scope: Scope, a: Value, b: Value): Value => binary(scope, 'mul', a, b);
const oneMinus = (scope: Scope, x: Value): Value => binary(scope, 'sub', scalar(scope, 1, x), x);

export const plainCell: Cell = (scope, x, { h, c }, { weights, functions: [f], clip }) => {
  const total = add(scope, x, linear(scope, h, weights.recurrence, weights.bias));
  return { h: f(scope, clipped(scope, total, clip)), c };
};

/** Gates: update, reset, hidden. */
export const gruCell: Cell = (scope, x, { h, c }, options) => {
  const { weights, functions, clip, linearBeforeReset } = options;
  const [f, g] = functions;
  const [, size] = h.type.shape;
  const of = (all: Value, from: number, to: number): Value => gates(scope, all, from, to, size);
  const rows = (from: number, to: number): readonly [Value, Value] => [
    slice(scope, weights.recurrence, [from * size, 0], [(to - from) * size, size]),
    slice(scope, weights.bias, [from * size], [(to - from) * size]),
  ];
  const product = linear(scope, h, ...(linearBeforeReset ? rows(0, 3) : rows(0, 2)));
  const both = f(scope, clipped(scope, add(scope, of(x, 0, 2), of(product, 0, 2)), clip));
  const [update, reset] = [of(both, 0, 1), of(both, 1, 2)];
  const past = linearBeforeReset
    ? mul(scope, reset, of(product, 2, 3))
    : linear(scope, mul(scope, reset, h), ...rows(2, 3));
  const next = g(scope, clipped(scope, add(scope, of(x, 2, 3), past), clip));
  return { h: add(scope, next, mul(scope, update, binary(scope, 'sub', h, next))), c };
};

/** Gates: input, output, forget, cell. */
export const lstmCell: Cell = (scope, x, { h, c }, { weights, functions, clip, coupled }) => {
  const [f, g, output] = functions;
  const [, size] = h.type.shape;
  const { recurrence, bias, peepholes } = weights;
  const all = add(scope, x, linear(scope, h, recurrence, bias));
  const sum = (gate: number): Value => gates(scope, all, gate, gate + 1, size);
  const g0 = g(scope, clipped(scope, sum(3), clip));
  const cellOf = (input: Value, forget: Value): Value => add(scope, mul(scope, forget, c), mul(scope, input, g0));
  if (!peepholes) {
    const three = f(scope, clipped(scope, gates(scope, all, 0, 3, size), clip));
    const gate = (index: number): Value => gates(scope, three, index, index + 1, size);
    const cell = cellOf(gate(0), coupled ? oneMinus(scope, gate(0)) : gate(2));
    return { h: mul(scope, gate(1), output(scope, cell)), c: cell };
  }
  const gate = (index: number, seen: Value): Value => {
    const own = reshape(scope, slice(scope, peepholes, [index * size], [size]), [1, size]);
    return f(scope, clipped(scope, add(scope, sum(index), mul(scope, own, seen)), clip));
  };
  const input = gate(0, c);
  const cell = cellOf(input, coupled ? oneMinus(scope, input) : gate(2, c));
  return { h: mul(scope, gate(1, cell), output(scope, cell)), c: cell };
};
