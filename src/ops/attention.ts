/** Attention: each query takes the values of all keys, in shares that grow with the product of query and key. */
import type { Expr, Operand, Stmt } from '../loop/loop.ts';
import {
  accumulate,
  add,
  assign,
  binary,
  declare,
  div,
  f32,
  less,
  local,
  loop,
  mul,
  nest,
  select,
  sub,
  unary,
  when,
} from '../loop/loop.ts';
import type { Shape, TensorType } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { broadcast, broadcastStrides } from './broadcast.ts';
import { attributeFault, dtypeFault, flag, number, printSizes, rankFault, resultType, whole } from './check.ts';
import { gridOf, matrixProduct } from './products.ts';
import type { Rules, Types } from './rules.ts';

/**
 * q: [n, t, c], k: [n, s, c], v: [n, s, e], and mask (if masked) of at most 4 axes, which repeats to fill
 * [n, heads, t, s]. Head h has the h-th part of the channels of each:
 * softmax over s of (q · kᵀ · scale + mask), times v; the result is [n, t, e].
 */
export interface Attention {
  readonly kind: 'attention';
  readonly heads: number;
  readonly scale: number;
  readonly masked: boolean;
}

const scoresOf = ({ heads }: Attention, { q, k }: Types): Shape => [q.shape[0], heads, q.shape[1], k.shape[1]];

/** The channels of a head. */
const wide = ({ heads }: Attention, { shape }: TensorType): number => shape[2] / heads;

/** Softmax, in place. */
function toShares(scores: Float64Array): void {
  let [largest, total] = [-Infinity, 0];
  for (const score of scores) if (largest < score) largest = score;
  for (let j = 0; j < scores.length; j++) total += scores[j] = Math.exp(scores[j] - largest);
  for (let j = 0; j < scores.length; j++) scores[j] /= total;
}

export const attention: Rules<Attention> = {
  doc: 'shares of values by the products of queries and keys, in heads',
  operands: ({ masked }) => ['q', 'k', 'v', ...(masked ? ['mask'] : [])],

  infer(op, types) {
    const fault =
      attributeFault(op, { heads: whole(1), scale: number, masked: flag }) ??
      dtypeFault(types, 'f32') ??
      rankFault(types, { q: 3, k: 3, v: 3 });
    if (fault) return fault;
    const { q, k, v, mask } = types;
    const [n, t, c] = q.shape;
    const [keys, s, e] = v.shape;
    if (k.shape[0] !== n || keys !== n || k.shape[1] !== s || k.shape[2] !== c)
      return `cannot pair ${printSizes(q.shape)}, ${printSizes(k.shape)} and ${printSizes(v.shape)}`;
    if (c % op.heads !== 0 || e % op.heads !== 0) return `shares ${c} and ${e} channels among ${op.heads} heads`;
    const scores = scoresOf(op, types);
    if (mask && (mask.shape.length > 4 || broadcast(mask.shape, scores)?.join() !== scores.join()))
      return `has scores of ${printSizes(scores)} and is given a mask of ${printSizes(mask.shape)}`;
    return resultType('f32', [n, t, e]);
  },

  evaluate(op, { q, k, v, mask }, { shape }) {
    const [n, t, e] = shape;
    const [, s, c] = k.type.shape;
    const [deep, part] = [c / op.heads, e / op.heads];
    const strides = mask ? broadcastStrides(mask.type.shape, [n, op.heads, t, s]) : [0, 0, 0, 0];
    const out = new Float32Array(elements(shape));
    for (let b = 0; b < n; b++)
      for (let h = 0; h < op.heads; h++) {
        const head = { columns: deep, down: c, across: 1 };
        const queries = { ...head, data: q.data, rows: t, from: b * t * c + h * deep };
        const scores = matrixProduct('f32', queries, { ...head, data: k.data, rows: s, from: b * s * c + h * deep });
        for (let i = 0; i < t; i++)
          for (let j = 0; j < s; j++) {
            const at = b * strides[0] + h * strides[1] + i * strides[2] + j * strides[3];
            scores[i * s + j] = scores[i * s + j] * op.scale + (mask ? mask.data[at] : 0);
          }
        for (let i = 0; i < t; i++) toShares(scores.subarray(i * s, (i + 1) * s));
        const values = { data: v.data, rows: part, columns: s, from: b * s * e + h * part, down: 1, across: e };
        const sums = matrixProduct('f32', gridOf(scores, t, s), values);
        for (let i = 0; i < t; i++)
          for (let d = 0; d < part; d++) out[(b * t + i) * e + h * part + d] = sums[i * part + d];
      }
    return out;
  },

  macs: (_op, types, { shape: [n, t, e] }) => n * t * types.k.shape[1] * (types.q.shape[2] + e),

  /**
   * The result holds sums of what was seen so far, in shares of the largest score so far: when a larger one comes, all that is
   * there shrinks. So each score is computed once, and nothing needs to hold them.
   */
  lower(op, { types, arrays, result: { type, array } }) {
    const [n, heads, t, s] = scoresOf(op, types);
    const [deep, part] = [wide(op, types.k), wide(op, type)];
    return nest([n, heads, t], ([b, h, i]) => {
      const channel = (width: number, d: Operand): Expr => add(mul(h, width), d);
      const [score, largest, total] = [local('score', 'f32'), local('largest', 'f32'), local('total', 'f32')];
      const [shrunk, share] = [local('shrunk', 'f32'), local('share', 'f32')];
      const place = (d: Operand): readonly Operand[] => [b, i, channel(part, d)];
      const sum = (d: Operand): Expr => read(array, type, place(d));
      const eachSum = (become: (d: Expr) => Expr): readonly Stmt[] =>
        loop('d', 0, part, (d) => [write(array, type, place(d), become(d))]);
      return [
        declare(largest, f32(-Infinity)),
        declare(total, f32(0)),
        ...eachSum(() => f32(0)),
        ...loop('j', 0, s, (j) => [
          declare(score, f32(0)),
          ...loop('d', 0, deep, (d) => [
            accumulate(
              score,
              mul(read(arrays.q, types.q, [b, i, channel(deep, d)]), read(arrays.k, types.k, [b, j, channel(deep, d)])),
            ),
          ]),
          assign(score, mul(score, f32(op.scale))),
          ...(types.mask ? [accumulate(score, masking(arrays.mask, types.mask, [b, h, i, j]))] : []),
          when(less(largest, score), [
            declare(shrunk, unary('exp', sub(largest, score))),
            assign(total, mul(total, shrunk)),
            ...eachSum((d) => mul(sum(d), shrunk)),
            assign(largest, score),
          ]),
          // Before anything is seen there is nothing to compare with.
          declare(
            share,
            select(binary('==', largest, f32(-Infinity)), hidden(score), unary('exp', sub(score, largest))),
          ),
          accumulate(total, share),
          ...eachSum((d) => add(sum(d), mul(share, read(arrays.v, types.v, [b, j, channel(part, d)])))),
        ]),
        ...eachSum((d) => div(sum(d), total)),
      ];
    });
  },
};

/** The share of a key whose score is −∞; NaN stays. */
const hidden = (score: Expr): Expr => select(binary('==', score, score), f32(0), score);

const masking = (array: Parameters<typeof read>[0], type: TensorType, indices: readonly Expr[]): Expr =>
  read(
    array,
    type,
    type.shape.map((size, axis) => (size === 1 ? 0 : indices[4 - type.shape.length + axis])),
  );
