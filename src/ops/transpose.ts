/** The same elements with the axes in another order. */
import { copyLoops } from './at.ts';
import { attributeFault, axesOf, resultType } from './check.ts';
import type { Rules } from './rules.ts';
import { copyView, stridesOf } from './strides.ts';

export interface Transpose {
  readonly kind: 'transpose';
  /** Axis k of the result is axis perm[k] of x. */
  readonly perm: readonly number[];
}

export const transpose: Rules<Transpose> = {
  doc: 'the axes in another order',
  operands: () => ['x'],

  infer(op, { x: { dtype, shape } }) {
    const fault = attributeFault(op, { perm: axesOf(shape.length) });
    if (fault) return fault;
    if (op.perm.length !== shape.length) return `orders ${op.perm.length} of ${shape.length} axes`;
    return resultType(
      dtype,
      op.perm.map((axis) => shape[axis]),
    );
  },

  evaluate({ perm }, { x }, { dtype, shape }) {
    const strides = stridesOf(x.type.shape);
    return copyView(x.data, dtype, { shape, from: 0, strides: perm.map((axis) => strides[axis]) });
  },

  lower: ({ perm }, site) => copyLoops(site, (indices) => perm.map((_, axis) => indices[perm.indexOf(axis)])),
};
