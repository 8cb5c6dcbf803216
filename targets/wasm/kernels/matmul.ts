/** Products of matrices that are both computed: tiles of rows by vectors of columns. */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import { elements } from '../../../src/tensor/type.ts';
import { swapAxes } from './transpose.ts';

export const matmul: Kernel = {
  name: 'matmul',
  doc: 'products of matrices, both computed',

  match({ call: { op }, types: { a, b }, arrays, result: { type, array }, scratch }) {
    if (op.kind !== 'matmul') return 'not a product of matrices';
    if (![a, b, type].every(({ layout }) => layout.kind === 'plain')) return 'does not go from plain to plain';
    const [rows, columns] = type.shape.slice(-2);
    if (columns < 4) return `has ${columns} columns, and vectors have four numbers`;
    const depth = a.shape[a.shape.length - (op.transposeA ? 2 : 1)];
    const batches = elements(type.shape.slice(0, -2));
    const [ofA, ofB] = [matricesOf(a.shape), matricesOf(b.shape)];
    if ([ofA, ofB].some((count) => count !== 1 && count !== batches))
      return 'repeats matrices in another way than one for all';
    const turned = op.transposeB ? scratch('turned', 'f32', ofB * depth * columns) : arrays.b;
    const [down, across] = op.transposeA ? [1, rows] : [depth, 1];
    const tile = tileOf(rows, columns);
    return {
      calls: [
        ...(op.transposeB ? [swapAxes(arrays.b, turned, { count: ofB, rows: columns, columns: depth })] : []),
        {
          routine: tile,
          args: [
            ...[arrays.a, turned, array, batches, rows, columns, depth, 4 * down, 4 * across],
            ...[ofA === 1 ? 0 : 4 * rows * depth, ofB === 1 ? 0 : 4 * depth * columns],
          ],
        },
      ],
    };
  },
};

const matricesOf = (shape: Shape): number => elements(shape.slice(0, -2));

/** Eight sums, and what they are sums of, are in registers. */
const [most, mostVectors] = [4, 2];

function tileOf(rows: number, columns: number): Routine {
  const high = rows < most ? 1 : most;
  const count = columns < 4 * mostVectors ? 1 : mostVectors;
  const vectors = Array.from({ length: count }, (_, v) => ({ v, offset: 16 * v }));
  const name = `matmul-${high}x${4 * count}`;
  return {
    name,
    template: 'wasm/kernels/matmul.wat.hbs',
    view: {
      name: name.replaceAll('-', '_'),
      doc: `${high === 1 ? 'One row' : `${high} rows`} and ${4 * count} columns`,
      high,
      wide: 4 * count,
      vectors,
      tile: Array.from({ length: high }, (_, r) => ({
        r,
        sums: vectors.map((vector) => ({ ...vector, name: `${r}_${vector.v}` })),
      })),
    },
    needs: [],
  };
}
