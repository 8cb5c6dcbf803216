/** Slices of a value along one axis, picked by number. */
import { max, min } from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import { elements } from '../tensor/type.ts';
import { copyLoops, read } from './at.ts';
import { attributeFault, dtypeFault, leastRankFault, resultType, whole } from './check.ts';
import type { Rules } from './rules.ts';

/**
 * The axis of x is replaced by the axes of `indices`, which is i32. An index outside is taken as the nearest inside,
 * since it is known at run time only and nothing may be read that is not there.
 */
export interface Gather {
  readonly kind: 'gather';
  readonly axis: number;
}

export const gather: Rules<Gather> = {
  doc: 'slices along one axis, picked by number',
  operands: () => ['x', 'indices'],

  infer(op, types) {
    const { x, indices } = types;
    const fault =
      dtypeFault(types, 'i32', ['indices']) ??
      leastRankFault(types, { x: 1 }) ??
      attributeFault(op, { axis: whole(0, x.shape.length - 1) });
    if (fault) return fault;
    return resultType(x.dtype, [...x.shape.slice(0, op.axis), ...indices.shape, ...x.shape.slice(op.axis + 1)]);
  },

  evaluate({ axis }, { x, indices }, { dtype, shape }) {
    const size = x.type.shape[axis];
    const part = elements(x.type.shape.slice(axis + 1));
    const out = zeros(dtype, elements(shape));
    let to = 0;
    for (let outer = 0; outer < x.data.length; outer += size * part)
      for (const index of indices.data) {
        const from = outer + Math.min(Math.max(index, 0), size - 1) * part;
        out.set(x.data.subarray(from, from + part), to);
        to += part;
      }
    return out;
  },

  lower({ axis }, site) {
    const { x, indices } = site.types;
    const end = axis + indices.shape.length;
    return copyLoops(site, (all) => {
      const index = read(site.arrays.indices, indices, all.slice(axis, end));
      return [...all.slice(0, axis), min(max(index, 0), x.shape[axis] - 1), ...all.slice(end)];
    });
  },
};
