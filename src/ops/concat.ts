/** Values one after the other along an axis. */
import { add, nest } from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { attributeFault, leastRankFault, printSizes, resultType, whole } from './check.ts';
import type { Rules } from './rules.ts';

/** Operands x0, x1, ... with equal sizes along every other axis. */
export interface Concat {
  readonly kind: 'concat';
  readonly axis: number;
  /** How many operands there are. */
  readonly count: number;
}

/** More than any model has, and few enough to name. */
const mostOperands = 4096;

const names = ({ count }: Concat): readonly string[] =>
  whole(1, mostOperands).holds(count) ? Array.from({ length: count }, (_, i) => `x${i}`) : [];

export const concat: Rules<Concat> = {
  doc: 'values one after the other along an axis',
  operands: names,

  infer(op, types) {
    const countFault = attributeFault({ kind: op.kind, count: op.count }, { count: whole(1, mostOperands) });
    if (countFault) return countFault;
    const { x0 } = types;
    const fault =
      leastRankFault(types, { x0: 1 }) ??
      attributeFault(op, { axis: whole(0, x0.shape.length - 1), count: whole(1, mostOperands) });
    if (fault) return fault;
    for (const name of names(op)) {
      const { dtype, shape } = types[name];
      if (dtype !== x0.dtype) return `takes values of one type and is given ${x0.dtype} and ${dtype}`;
      if (shape.length !== x0.shape.length || shape.some((d, axis) => axis !== op.axis && d !== x0.shape[axis]))
        return `cannot join ${printSizes(x0.shape)} and ${printSizes(shape)} along axis ${op.axis}`;
    }
    const size = names(op).reduce((total, name) => total + types[name].shape[op.axis], 0);
    return resultType(x0.dtype, x0.shape.with(op.axis, size));
  },

  evaluate(op, values, { dtype, shape }) {
    const out = zeros(dtype, elements(shape));
    const row = elements(shape.slice(op.axis));
    let offset = 0;
    for (const name of names(op)) {
      const { type, data } = values[name];
      const part = elements(type.shape.slice(op.axis));
      for (let from = 0, to = offset; from < data.length; from += part, to += row)
        out.set(data.subarray(from, from + part), to);
      offset += part;
    }
    return out;
  },

  lower(op, { types, arrays, result: { type, array } }) {
    let offset = 0;
    return names(op).flatMap((name) => {
      const x = types[name];
      const first = offset;
      offset += x.shape[op.axis];
      return nest(x.shape, (indices) => [
        write(array, type, indices.with(op.axis, add(indices[op.axis], first)), read(arrays[name], x, indices)),
      ]);
    });
  },
};
