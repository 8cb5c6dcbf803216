/** The sum, mean, product, largest or smallest along some axes. */
import type { Expr, Operand, Stmt, Var } from '../loop/loop.ts';
import { add, assign, declare, div, f32, i32, local, loop, max, min, mul, nest } from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import type { DType, Shape } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { attributeFault, axesOf, dtypeFault, flag, oneOf, resultType } from './check.ts';
import type { Rules } from './rules.ts';
import { copyView, stridesOf } from './strides.ts';

/** `max` and `min` pass over NaN. On i32, sums and products wrap around, and there is no mean. */
export interface Reduce {
  readonly kind: 'reduce';
  readonly fn: 'sum' | 'mean' | 'max' | 'min' | 'prod';
  readonly axes: readonly number[];
  /** Whether the axes stay, with size 1. */
  readonly keep: boolean;
}

interface Step {
  readonly start: (dtype: DType) => number;
  readonly evaluate: (total: number, x: number) => number;
  readonly integers?: (total: number, x: number) => number;
  readonly lower: (total: Expr, x: Expr) => Expr;
}

const plus: Step = { start: () => 0, evaluate: (t, x) => t + x, integers: (t, x) => (t + x) | 0, lower: add };

const steps: Readonly<Record<Reduce['fn'], Step>> = {
  sum: plus,
  mean: plus,
  prod: { start: () => 1, evaluate: (t, x) => t * x, integers: Math.imul, lower: mul },
  max: {
    start: (dtype) => (dtype === 'f32' ? -Infinity : -(2 ** 31)),
    evaluate: (t, x) => (t < x ? x : t),
    lower: max,
  },
  min: {
    start: (dtype) => (dtype === 'f32' ? Infinity : 2 ** 31 - 1),
    evaluate: (t, x) => (x < t ? x : t),
    lower: min,
  },
};

/** The shape with the axes at size 1. */
const kept = (shape: Shape, axes: readonly number[]): Shape => shape.map((d, axis) => (axes.includes(axis) ? 1 : d));

export const reduce: Rules<Reduce> = {
  doc: 'sum, mean, product, largest or smallest along some axes',
  operands: () => ['x'],

  infer(op, types) {
    const { x } = types;
    const fault =
      attributeFault(op, {
        fn: oneOf(...Object.keys(steps)),
        axes: axesOf(x.shape.length),
        keep: flag,
      }) ?? (op.fn === 'mean' ? dtypeFault(types, 'f32') : undefined);
    if (fault) return fault;
    const shape = op.keep ? kept(x.shape, op.axes) : x.shape.filter((_, axis) => !op.axes.includes(axis));
    return resultType(x.dtype, shape);
  },

  evaluate({ fn, axes }, { x }, { dtype, shape }) {
    const { start, evaluate, integers = evaluate } = steps[fn];
    const combine = dtype === 'f32' ? evaluate : integers;
    const [all, strides] = [x.type.shape, stridesOf(x.type.shape)];
    const order = [...all.keys()].sort((a, b) => Number(axes.includes(a)) - Number(axes.includes(b)) || a - b);
    const lined = copyView(x.data, dtype, {
      shape: order.map((axis) => all[axis]),
      from: 0,
      strides: order.map((axis) => strides[axis]),
    });
    const out = zeros(dtype, elements(shape));
    const count = lined.length / out.length;
    for (let at = 0; at < out.length; at++) {
      let total = start(dtype);
      for (let k = 0; k < count; k++) total = combine(total, lined[at * count + k]);
      out[at] = fn === 'mean' ? total / count : total;
    }
    return out;
  },

  /** One partial result for each axis, so that long sums lose less to rounding. */
  lower({ fn, axes, keep }, { types: { x }, arrays, result: { type, array } }) {
    const { start, lower } = steps[fn];
    const scalar = type.dtype === 'f32' ? 'f32' : 'i32';
    const literal = (value: number): Expr => (scalar === 'f32' ? f32(value) : i32(value));
    const sorted = axes.toSorted((a, b) => a - b);
    const count = sorted.reduce((n, axis) => n * x.shape[axis], 1);

    return nest(kept(x.shape, axes), (outer) => {
      const fold = (depth: number, total: Var, indices: readonly Operand[]): readonly Stmt[] => {
        if (depth === sorted.length) return [assign(total, lower(total, read(arrays.x, x, indices)))];
        const axis = sorted[depth];
        return loop('r', 0, x.shape[axis], (i) => {
          const inner = indices.with(axis, i);
          if (depth === sorted.length - 1) return fold(depth + 1, total, inner);
          const part = local('part', scalar);
          return [
            declare(part, literal(start(type.dtype))),
            ...fold(depth + 1, part, inner),
            assign(total, lower(total, part)),
          ];
        });
      };
      const acc = local('acc', scalar);
      const place = keep ? outer : outer.filter((_, axis) => !axes.includes(axis));
      return [
        declare(acc, literal(start(type.dtype))),
        ...fold(0, acc, outer),
        write(array, type, place, fn === 'mean' ? div(acc, f32(count)) : acc),
      ];
    });
  },
};
