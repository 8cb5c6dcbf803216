/** The same elements in another shape. Between plain values it costs nothing: see plan/alias.ts. */

import type { Expr } from '../loop/loop.ts';
import { div, mod, nest } from '../loop/loop.ts';
import type { Shape } from '../tensor/type.ts';
import { elements, tensor } from '../tensor/type.ts';
import { at, read, write } from './at.ts';
import type { Rules } from './rules.ts';

export interface Reshape {
  readonly kind: 'reshape';
  readonly shape: readonly number[];
}

export const reshape: Rules<Reshape> = {
  doc: 'the same elements in another shape',
  operands: () => ['x'],

  infer({ shape }, { x }) {
    if (elements(shape) !== elements(x.shape)) return `cannot make [${shape.join(', ')}] of [${x.shape.join(', ')}]`;
    return tensor(x.dtype, shape);
  },

  evaluate: (_op, { x }) => x.data.slice(),

  lower: (_op, { types, arrays, result: { type, array } }) =>
    nest(type.shape, (indices) => {
      const flat = at(tensor(type.dtype, type.shape), indices);
      return [write(array, type, indices, read(arrays.x, types.x, unravel(flat, types.x.shape)))];
    }),
};

/** Coordinates in a shape for a flat index. */
const unravel = (flat: Expr, shape: Shape): readonly Expr[] =>
  shape.map((size, axis) => mod(div(flat, elements(shape.slice(axis + 1))), size));
