/** A function of whole numbers by its table: activations of quantised values. */
import type { Expr } from '../loop/loop.ts';
import { max, min, nest, sub } from '../loop/loop.ts';
import { read, write } from './at.ts';
import { attributeFault, dtypeFault, leastRankFault, printSizes, rankFault, resultType, whole } from './check.ts';
import type { Rules } from './rules.ts';

/**
 * x: i32, table: i32 [n], or [c, n] for the c indices of the last axis; the result is i32: the entry x − low of the
 * table, and where there is none, the nearest.
 */
export interface Lookup {
  readonly kind: 'lookup';
  /** The x that the first entry is for. */
  readonly low: number;
}

const most = 2 ** 24;

export const lookup: Rules<Lookup> = {
  doc: 'entries of a table, one for all numbers or one for each channel',
  operands: () => ['x', 'table'],

  infer(op, types) {
    const { x, table } = types;
    const fault = attributeFault(op, { low: whole(-most, most) }) ?? dtypeFault(types, 'i32');
    if (fault) return fault;
    if (table.shape.length !== 2) {
      const misfit = rankFault(types, { table: 1 });
      if (misfit) return misfit;
    } else {
      const misfit = rankFault(types, { table: 2 }) ?? leastRankFault(types, { x: 1 });
      if (misfit) return misfit;
      const channels = x.shape[x.shape.length - 1];
      if (table.shape[0] !== channels)
        return `takes "table" of [n] or [${channels}, n] and is given ${printSizes(table.shape)}`;
    }
    const entries = table.shape[table.shape.length - 1];
    if (entries > most) return `takes "table" with at most ${most} entries and is given ${printSizes(table.shape)}`;
    return resultType('i32', x.shape);
  },

  evaluate({ low }, { x, table }) {
    const out = new Int32Array(x.data.length);
    const { shape } = table.type;
    const entries = shape[shape.length - 1];
    const tables = shape.length === 2 ? shape[0] : 1;
    for (let i = 0; i < out.length; i++) {
      const entry = Math.min(Math.max(x.data[i] - low, 0), entries - 1);
      out[i] = table.data[(i % tables) * entries + entry];
    }
    return out;
  },

  lower({ low }, { types: { x, table }, arrays, result: { type, array } }) {
    const { shape } = table;
    const entries = shape[shape.length - 1];
    return nest(type.shape, (indices) => {
      const value = read(arrays.x, x, indices);
      // Bounded before the difference, which would wrap around.
      const entry = sub(min(max(value, low), low + entries - 1), low);
      const place: readonly Expr[] = shape.length === 2 ? [indices[indices.length - 1], entry] : [entry];
      return [write(array, type, indices, read(arrays.table, table, place))];
    });
  },
};
