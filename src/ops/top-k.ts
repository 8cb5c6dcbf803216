/** The largest elements along the last axis, or where they are. */
import type { Expr } from '../loop/loop.ts';
import { assign, binary, both, declare, f32, i32, less, local, loop, nest, select, when } from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { attributeFault, leastRankFault, oneOf, resultType, whole } from './check.ts';
import type { Rules } from './rules.ts';

/** In descending order; of equal ones the first comes first. NaN counts as −∞. */
export interface TopK {
  readonly kind: 'top-k';
  readonly k: number;
  readonly output: 'values' | 'indices';
}

const rank = (x: number): number => (Number.isNaN(x) ? -Infinity : x);
const lowerRank = (x: Expr, isFloat: boolean): Expr => (isFloat ? select(binary('==', x, x), x, f32(-Infinity)) : x);

export const topK: Rules<TopK> = {
  doc: 'the largest elements along the last axis, or where they are',
  operands: () => ['x'],

  infer(op, types) {
    const { dtype, shape } = types.x;
    const fault =
      leastRankFault(types, { x: 1 }) ??
      attributeFault(op, { k: whole(1, shape[shape.length - 1]), output: oneOf('values', 'indices') });
    if (fault) return fault;
    return resultType(op.output === 'values' ? dtype : 'i32', shape.with(-1, op.k));
  },

  evaluate({ k, output }, { x }, { dtype, shape }) {
    const size = x.type.shape[x.type.shape.length - 1];
    const out = zeros(dtype, elements(shape));
    for (let line = 0; line < x.data.length / size; line++) {
      const row = Array.from(x.data.subarray(line * size, (line + 1) * size));
      const ranks = row.map(rank);
      const order = [...row.keys()].sort((i, j) => (ranks[i] < ranks[j] ? 1 : ranks[j] < ranks[i] ? -1 : i - j));
      for (let r = 0; r < k; r++) out[line * k + r] = output === 'values' ? row[order[r]] : order[r];
    }
    return out;
  },

  /** For each place, the best of the elements that come after the one in the place before. */
  lower({ k, output }, { types: { x }, arrays, result: { type, array } }) {
    const isFloat = x.dtype === 'f32';
    const scalar = isFloat ? 'f32' : 'i32';
    const size = x.shape[x.shape.length - 1];
    const above = isFloat ? f32(Infinity) : i32(2 ** 31 - 1);
    return nest(type.shape.slice(0, -1), (outer) => {
      const [lastRank, lastIndex] = [local('last_rank', scalar), local('last_index', 'i32')];
      const [bestRank, bestIndex] = [local('best_rank', scalar), local('best_index', 'i32')];
      const mine = local('rank', scalar);
      return [
        declare(lastRank, above),
        declare(lastIndex, -1),
        ...loop('r', 0, k, (r) => [
          declare(bestRank, above),
          declare(bestIndex, -1),
          ...loop('i', 0, size, (i) => {
            const after = either(less(mine, lastRank), both(binary('==', mine, lastRank), less(lastIndex, i)));
            return [
              declare(mine, lowerRank(read(arrays.x, x, [...outer, i]), isFloat)),
              when(both(after, either(less(bestIndex, 0), less(bestRank, mine))), [
                assign(bestRank, mine),
                assign(bestIndex, i),
              ]),
            ];
          }),
          assign(lastRank, bestRank),
          assign(lastIndex, bestIndex),
          write(
            array,
            type,
            [...outer, r],
            output === 'indices' ? bestIndex : read(arrays.x, x, [...outer, bestIndex]),
          ),
        ]),
      ];
    });
  },
};

const either = (a: Expr, b: Expr): Expr => binary('|', a, b);
