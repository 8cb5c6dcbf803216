/** Borders around a value, along any axis. */
import type { Expr } from '../loop/loop.ts';
import { assign, both, declare, f32, i32, less, local, max, min, nest, sub, when } from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { attributeFault, mostPixels, number, oneOf, resultType, whole, wholes } from './check.ts';
import type { Rules } from './rules.ts';
import { stridesOf } from './strides.ts';

/**
 * What stands beside a b c d, two on each side:
 *   constant    v v [a b c d] v v      `value`
 *   edge        a a [a b c d] d d
 *   reflect     c b [a b c d] c b      at most size − 1 on each side
 *   symmetric   b a [a b c d] d c      at most size on each side
 */
export interface Pad {
  readonly kind: 'pad';
  /** For each axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly mode: 'constant' | 'reflect' | 'symmetric' | 'edge';
  /** Without a meaning unless the mode is `constant`. */
  readonly value: number;
}

/** How much of a border there can be for each pixel short of the size; constant and edge go on for ever. */
const reach: Readonly<Record<Pad['mode'], (size: number) => number>> = {
  constant: () => Infinity,
  edge: () => Infinity,
  reflect: (size) => size - 1,
  symmetric: (size) => size,
};

/** The coordinate in x that stands at coordinate i, which may be outside; −1 for none. */
const source: Readonly<Record<Pad['mode'], (i: number, size: number) => number>> = {
  constant: (i, size) => (i >= 0 && i < size ? i : -1),
  edge: (i, size) => Math.min(Math.max(i, 0), size - 1),
  reflect: (i, size) => (i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i),
  symmetric: (i, size) => (i < 0 ? -1 - i : i >= size ? 2 * size - 1 - i : i),
};

const lowerSource: Readonly<Record<Pad['mode'], (i: Expr, size: number) => Expr>> = {
  constant: (i) => i,
  edge: (i, size) => min(max(i, 0), size - 1),
  reflect: (i, size) => mirrored(max(i, sub(0, i)), 2 * (size - 1)),
  symmetric: (i, size) => mirrored(max(i, sub(-1, i)), 2 * size - 1),
};

const mirrored = (i: Expr, end: number): Expr => min(i, sub(end, i));

export const pad: Rules<Pad> = {
  doc: 'borders around a value',
  operands: () => ['x'],

  infer(op, { x: { dtype, shape } }) {
    const rank = shape.length;
    const fault = attributeFault(op, {
      before: wholes(rank, 0, mostPixels),
      after: wholes(rank, 0, mostPixels),
      mode: oneOf(...Object.keys(reach)),
      value: dtype === 'f32' ? number : whole(-(2 ** 31)),
    });
    if (fault) return fault;
    const most = (axis: number): number => reach[op.mode](shape[axis]);
    const axis = shape.findIndex((_, i) => op.before[i] > most(i) || op.after[i] > most(i));
    if (axis >= 0)
      return `takes borders of at most ${most(axis)} in mode "${op.mode}" along axis ${axis} and is given ${op.before[axis]} and ${op.after[axis]}`;
    return resultType(
      dtype,
      shape.map((d, i) => op.before[i] + d + op.after[i]),
    );
  },

  evaluate({ before, mode, value }, { x }, { dtype, shape }) {
    const strides = stridesOf(x.type.shape);
    const from = shape.map((size, axis) =>
      Array.from({ length: size }, (_, i) => source[mode](i - before[axis], x.type.shape[axis])),
    );
    const out = zeros(dtype, elements(shape));
    let to = 0;
    const fill = (axis: number, base: number, inside: boolean): void => {
      if (axis === shape.length) out[to++] = inside ? x.data[base] : value;
      else if (axis === shape.length - 1)
        for (const i of from[axis]) out[to++] = inside && i >= 0 ? x.data[base + i] : value;
      else for (const i of from[axis]) fill(axis + 1, base + i * strides[axis], inside && i >= 0);
    };
    fill(0, 0, true);
    return out;
  },

  lower({ before, after, mode, value }, { types: { x }, arrays, result: { type, array } }) {
    const literal = type.dtype === 'f32' ? f32(value) : i32(value);
    return nest(type.shape, (indices) => {
      const from = indices.map((i, axis) => {
        const padded = before[axis] + after[axis] > 0;
        return padded ? lowerSource[mode](sub(i, before[axis]), x.shape[axis]) : i;
      });
      const element = read(arrays.x, x, from);
      if (mode !== 'constant') return [write(array, type, indices, element)];
      const inside = from.flatMap((i, axis) => [
        ...(before[axis] > 0 ? [less(-1, i)] : []),
        ...(after[axis] > 0 ? [less(i, x.shape[axis])] : []),
      ]);
      if (inside.length === 0) return [write(array, type, indices, element)];
      const found = local('found', type.dtype === 'f32' ? 'f32' : 'i32');
      return [
        declare(found, literal),
        when(inside.reduce(both), [assign(found, element)]),
        write(array, type, indices, found),
      ];
    });
  },
};
