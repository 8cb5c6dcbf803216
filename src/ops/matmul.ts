/** Products of matrices, both known at run time only. */
import { accumulate, declare, f32, i32, local, loop, mul, nest, scalarOf } from '../loop/loop.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { zeros } from '../tensor/numbers.ts';
import type { Shape } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { broadcast, expand } from './broadcast.ts';
import { attributeFault, flag, leastRankFault, printSizes, productFault, resultType } from './check.ts';
import type { Rules } from './rules.ts';

/**
 * a: [..., m, k], b: [..., k, n], each with its last two axes swapped if said so; the others
 * broadcast as in numpy. Both are f32, or both i32 with sums that wrap around.
 */
export interface MatMul {
  readonly kind: 'matmul';
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Rows, columns, and the axes before them. */
const split = (shape: Shape, transposed: boolean): readonly [number, number, Shape] => {
  const [p, q] = shape.slice(-2);
  return transposed ? [q, p, shape.slice(0, -2)] : [p, q, shape.slice(0, -2)];
};

/** Numbers some steps apart. */
interface Line {
  readonly data: Numbers;
  readonly from: number;
  readonly step: number;
}

function realProduct(a: Line, b: Line, count: number): number {
  let total = 0;
  for (let t = 0; t < count; t++) total += a.data[a.from + t * a.step] * b.data[b.from + t * b.step];
  return total;
}

function wholeProduct(a: Line, b: Line, count: number): number {
  let total = 0;
  for (let t = 0; t < count; t++)
    total = (total + Math.imul(a.data[a.from + t * a.step], b.data[b.from + t * b.step])) | 0;
  return total;
}

export const matmul: Rules<MatMul> = {
  doc: 'products of matrices, broadcast over the axes before the last two',
  operands: () => ['a', 'b'],

  infer(op, types) {
    const fault =
      attributeFault(op, { transposeA: flag, transposeB: flag }) ??
      productFault(types) ??
      leastRankFault(types, { a: 2, b: 2 });
    if (fault) return fault;
    const { a, b } = types;
    const [m, columns, outerA] = split(a.shape, op.transposeA);
    const [rows, n, outerB] = split(b.shape, op.transposeB);
    if (columns !== rows) return `multiplies ${columns} columns by ${rows} rows`;
    const outer = broadcast(outerA, outerB);
    if (!outer) return `cannot broadcast ${printSizes(a.shape)} with ${printSizes(b.shape)}`;
    return resultType(a.dtype, [...outer, m, n]);
  },

  evaluate({ transposeA, transposeB }, { a, b }, { dtype, shape }) {
    const [m, n] = shape.slice(-2);
    const outer = shape.slice(0, -2);
    const k = a.type.shape[a.type.shape.length - (transposeA ? 2 : 1)];
    const [left, right] = [
      expand(a, [...outer, ...a.type.shape.slice(-2)]),
      expand(b, [...outer, ...b.type.shape.slice(-2)]),
    ];
    const [downA, acrossA] = transposeA ? [1, m] : [k, 1];
    const [downB, acrossB] = transposeB ? [1, k] : [n, 1];
    const out = zeros(dtype, elements(shape));
    const product = dtype === 'i32' ? wholeProduct : realProduct;
    let at = 0;
    for (let batch = 0; batch < elements(outer); batch++)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          const row = { data: left, from: batch * m * k + i * downA, step: acrossA };
          out[at++] = product(row, { data: right, from: batch * k * n + j * acrossB, step: downB }, k);
        }
    return out;
  },

  macs: ({ transposeA }, { a }, { shape }) => elements(shape) * a.shape[a.shape.length - (transposeA ? 2 : 1)],

  lower({ transposeA, transposeB }, { types: { a, b }, arrays, result: { type, array } }) {
    const k = a.shape[a.shape.length - (transposeA ? 2 : 1)];
    return nest(type.shape, (indices) => {
      const [i, j] = indices.slice(-2);
      const batch = ({ shape }: { readonly shape: Shape }) => {
        const missing = type.shape.length - shape.length;
        return shape.slice(0, -2).map((size, axis) => (size === 1 ? 0 : indices[missing + axis]));
      };
      const acc = local('acc', scalarOf(type.dtype));
      return [
        declare(acc, type.dtype === 'i32' ? i32(0) : f32(0)),
        ...loop('t', 0, k, (t) => [
          accumulate(
            acc,
            mul(
              read(arrays.a, a, [...batch(a), ...(transposeA ? [t, i] : [i, t])]),
              read(arrays.b, b, [...batch(b), ...(transposeB ? [j, t] : [t, j])]),
            ),
          ),
        ]),
        write(array, type, indices, acc),
      ];
    });
  },
};
