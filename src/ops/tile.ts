/** A value repeated along its axes. */
import { mod } from '../loop/loop.ts';
import { copyLoops } from './at.ts';
import { attributeFault, resultType, wholes } from './check.ts';
import type { Rules } from './rules.ts';
import { copyView, stridesOf } from './strides.ts';

export interface Tile {
  readonly kind: 'tile';
  /** How often, for each axis. */
  readonly repeats: readonly number[];
}

export const tile: Rules<Tile> = {
  doc: 'a value repeated along its axes',
  operands: () => ['x'],

  infer: (op, { x: { dtype, shape } }) =>
    attributeFault(op, { repeats: wholes(shape.length, 1) }) ??
    resultType(
      dtype,
      shape.map((d, axis) => d * op.repeats[axis]),
    ),

  evaluate({ repeats }, { x }, { dtype }) {
    const strides = stridesOf(x.type.shape);
    return copyView(x.data, dtype, {
      shape: x.type.shape.flatMap((size, axis) => [repeats[axis], size]),
      from: 0,
      strides: strides.flatMap((stride) => [0, stride]),
    });
  },

  lower: ({ repeats }, site) =>
    copyLoops(site, (indices) =>
      indices.map((i, axis) => (repeats[axis] === 1 ? i : mod(i, site.types.x.shape[axis]))),
    ),
};
