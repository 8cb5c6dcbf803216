/** Part of a value: some coordinates along each axis, evenly spaced. */
import { add, mul } from '../loop/loop.ts';
import { copyLoops } from './at.ts';
import { attributeFault, mostElements, resultType, wholes } from './check.ts';
import type { Rules } from './rules.ts';
import { copyView, stridesOf } from './strides.ts';

/** Element i along an axis is element begin + i · step of x. One number for each axis. */
export interface Slice {
  readonly kind: 'slice';
  readonly begin: readonly number[];
  readonly size: readonly number[];
  /** May be negative: backwards. */
  readonly step: readonly number[];
}

export const slice: Rules<Slice> = {
  doc: 'some coordinates along each axis, evenly spaced',
  operands: () => ['x'],

  infer(op, { x: { dtype, shape } }) {
    const rank = shape.length;
    const fault = attributeFault(op, {
      begin: wholes(rank, 0),
      size: wholes(rank, 1),
      step: wholes(rank, -mostElements),
    });
    if (fault) return fault;
    for (const [axis, size] of shape.entries()) {
      const first = op.begin[axis];
      const last = first + (op.size[axis] - 1) * op.step[axis];
      if (first >= size || last < 0 || last >= size)
        return `takes ${first} to ${last} along axis ${axis} and is given a size of ${size}`;
    }
    return resultType(dtype, op.size);
  },

  evaluate({ begin, size, step }, { x }, { dtype }) {
    const strides = stridesOf(x.type.shape);
    return copyView(x.data, dtype, {
      shape: size,
      from: begin.reduce((at, i, axis) => at + i * strides[axis], 0),
      strides: strides.map((stride, axis) => stride * step[axis]),
    });
  },

  lower: ({ begin, step }, site) =>
    copyLoops(site, (indices) => indices.map((i, axis) => add(mul(i, step[axis]), begin[axis]))),
};
