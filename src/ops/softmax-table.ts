/** Softmax of whole numbers: exponentials from a table, and their shares of the sum as whole numbers. */
import { accumulate, add, assign, declare, div, i32, local, loop, max, min, mul, nest, sub } from '../loop/loop.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { attributeFault, dtypeFault, leastRankFault, rankFault, resultType, whole } from './check.ts';
import type { Rules } from './rules.ts';

/**
 * x: i32, table: i32 [n], where entry d is the exponential of −d steps of x, in whole numbers of 0 to 2^15 (others are
 * taken as the nearest of these; differences beyond the table as its last). The result is i32: the share of each
 * exponential of the sum along the axis, floor((e · 2^15 + floor(sum / 2)) / sum), and 2^15 is one; a sum of 0 counts as 1.
 * Nothing overflows.
 */
export interface SoftmaxTable {
  readonly kind: 'softmax-table';
  readonly axis: number;
}

/** What is one, in tables and in results. */
export const oneShare = 2 ** 15;

/** Sums of so many exponentials stay below 2^30. */
export const mostShares = 2 ** 15 - 1;

export const softmaxTable: Rules<SoftmaxTable> = {
  doc: 'shares of exponentials, from a table, of their sum along one axis',
  operands: () => ['x', 'table'],

  infer(op, types) {
    const { x, table } = types;
    const fault =
      dtypeFault(types, 'i32') ??
      leastRankFault(types, { x: 1 }) ??
      rankFault(types, { table: 1 }) ??
      attributeFault(op, { axis: whole(0, x.shape.length - 1) });
    if (fault) return fault;
    if (x.shape[op.axis] > mostShares)
      return `takes at most ${mostShares} numbers along the axis and is given ${x.shape[op.axis]}`;
    if (table.shape[0] < 1) return 'takes a table with an entry and is given none';
    return resultType('i32', x.shape);
  },

  evaluate({ axis }, { x, table }, { shape }) {
    const [size, step] = [shape[axis], elements(shape.slice(axis + 1))];
    const out = new Int32Array(x.data.length);
    const share = new Int32Array(size);
    for (let line = 0; line < x.data.length / size; line++) {
      const from = Math.floor(line / step) * step * size + (line % step);
      let [largest, sum] = [x.data[from], 0];
      for (let k = 1; k < size; k++) largest = Math.max(largest, x.data[from + k * step]);
      for (let k = 0; k < size; k++) {
        const entry = Math.min(largest - x.data[from + k * step], table.data.length - 1);
        share[k] = Math.min(Math.max(table.data[entry], 0), oneShare);
        sum += share[k];
      }
      sum = Math.max(sum, 1);
      const half = Math.floor(sum / 2);
      for (let k = 0; k < size; k++) out[from + k * step] = Math.floor((share[k] * oneShare + half) / sum);
    }
    return out;
  },

  /** The result holds the exponentials until their sum is known. */
  lower({ axis }, { types: { x, table }, arrays, result: { type, array } }) {
    const size = type.shape[axis];
    const last = table.shape[0] - 1;
    return nest(type.shape.with(axis, 1), (indices) => {
      const [largest, sum, part] = [local('largest', 'i32'), local('sum', 'i32'), local('part', 'i32')];
      const [given, lowest] = [local('given', 'i32'), local('lowest', 'i32')];
      return [
        declare(largest, read(arrays.x, x, indices.with(axis, i32(0)))),
        ...loop('k', 1, size, (k) => [assign(largest, max(largest, read(arrays.x, x, indices.with(axis, k))))]),
        // Bounded before the difference, which would wrap around.
        declare(lowest, sub(max(largest, i32(last - 2 ** 31)), last)),
        declare(sum, 0),
        ...loop('k', 0, size, (k) => [
          declare(given, max(read(arrays.x, x, indices.with(axis, k)), lowest)),
          declare(part, min(max(read(arrays.table, table, [sub(largest, given)]), 0), oneShare)),
          write(array, type, indices.with(axis, k), part),
          accumulate(sum, part),
        ]),
        assign(sum, max(sum, 1)),
        ...loop('k', 0, size, (k) => {
          const share = add(mul(read(array, type, indices.with(axis, k)), oneShare), div(sum, 2));
          return [write(array, type, indices.with(axis, k), div(share, sum))];
        }),
      ];
    });
  },
};
