/** The routines that multiply blocks of columns by the weights, and the weights packed for them. */
import type { KernelSite, Routine } from '../../src/plan/kernel.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import type { Encoding } from '../../src/tensor/type.ts';
import { helper, vector } from './panels.ts';
import { denseBlock, denseStream, sparseBlock, sparseStream } from './stream.ts';

/** How rows go with each other. What each takes is measured: see rates/. */
export const rowsNames = ['dense', 'sparse-1', 'sparse-2', 'sparse-4'] as const;

export type RowsName = (typeof rowsNames)[number];

export const rowsNameOf = (encoding: Encoding, rows: number): RowsName =>
  encoding.format === 'dense' ? 'dense' : `sparse-${togetherOf(encoding, rows)}`;

/** How many rows of sparse weights share their columns in the routine. */
function togetherOf({ format, params }: Encoding, rows: number): 1 | 2 | 4 {
  const together = format === 'block' ? params.r : 1;
  return ([4, 2, 1] as const).find((r) => together % r === 0 && rows % r === 0) ?? 1;
}

/** Columns that are worked on at once. */
export const blockOf = ({ format }: Encoding): number => (format === 'dense' ? denseBlock : sparseBlock);

/** The weights packed for their format, and the routine that multiplies by them; `read` are the columns that are laid out. */
export function rowsFor({ pack }: KernelSite, matrix: Matrix, encoding: Encoding, read?: ArrayLike<number>) {
  if (encoding.format === 'dense') {
    const packed = pack('weights', denseStream(matrix, read)).array;
    return { routine: rowsDense, stream: { weights: packed, groups: 0, rows: 0, counts: 0, columns: 0 } };
  }
  const height = togetherOf(encoding, matrix.rows);
  const packed = sparseStream(matrix, height, read);
  return {
    routine: rowsSparse(height),
    stream: {
      groups: pack('groups', packed.groups).array,
      rows: pack('rows', packed.rows).array,
      counts: pack('counts', packed.counts).array,
      columns: pack('columns', packed.columns).array,
      weights: pack('weights', packed.weights).array,
    },
  };
}

const stream = helper('stream', [vector]);
const rowsDense = helper('rows-dense', [stream]);

const rowsSparse = (rows: number): Routine => ({
  name: `rows-sparse-${rows}`,
  template: 'cpu/kernels/rows-sparse.c.hbs',
  view: { rows, name: `rows_sparse_${rows}` },
  needs: [stream],
});
