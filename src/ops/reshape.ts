/** The same elements in another shape. Between plain values it costs nothing: see plan/alias.ts. */
import type { Expr } from '../loop/loop.ts';
import { div, mod } from '../loop/loop.ts';
import type { Shape } from '../tensor/type.ts';
import { elements, tensor } from '../tensor/type.ts';
import { at, copyLoops } from './at.ts';
import { attributeFault, printSizes, resultType, wholes } from './check.ts';
import type { Rules } from './rules.ts';

export interface Reshape {
  readonly kind: 'reshape';
  readonly shape: readonly number[];
}

export const reshape: Rules<Reshape> = {
  doc: 'the same elements in another shape',
  operands: () => ['x'],

  infer(op, { x }) {
    const fault = attributeFault(op, { shape: wholes(undefined, 1) });
    if (fault) return fault;
    if (elements(op.shape) !== elements(x.shape))
      return `cannot make ${printSizes(op.shape)} of ${printSizes(x.shape)}`;
    return resultType(x.dtype, op.shape);
  },

  evaluate: (_op, { x }) => x.data.slice(),

  lower(_op, site) {
    const { type } = site.result;
    const from = site.types.x.shape;
    return copyLoops(site, (indices) => unravel(at(tensor(type.dtype, type.shape), indices), from));
  },
};

/** Coordinates in a shape for a flat index. */
const unravel = (flat: Expr, shape: Shape): readonly Expr[] =>
  shape.map((size, axis) => mod(div(flat, elements(shape.slice(axis + 1))), size));
