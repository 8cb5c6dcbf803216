/** Products of matrices, both known at run time only. */
import { accumulate, declare, f32, i32, local, loop, mul, nest, scalarOf } from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import type { Shape } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { broadcast, expand } from './broadcast.ts';
import { attributeFault, flag, leastRankFault, printSizes, productFault, resultType } from './check.ts';
import { matrixProduct } from './products.ts';
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
    const [downB, acrossB] = transposeB ? [k, 1] : [1, n];
    const out = zeros(dtype, elements(shape));
    for (let batch = 0; batch < elements(outer); batch++) {
      const rows = { data: left, rows: m, columns: k, from: batch * m * k, down: downA, across: acrossA };
      const columns = { data: right, rows: n, columns: k, from: batch * k * n, down: downB, across: acrossB };
      out.set(matrixProduct(dtype, rows, columns), batch * m * n);
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
