/** The routines that multiply blocks of columns by the weights, and the weights packed for them. */
import { groupsOf } from '../../src/formats/alike.ts';
import type { KernelSite, Routine } from '../../src/plan/kernel.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import type { Encoding } from '../../src/tensor/type.ts';
import { helper, vector } from './panels.ts';
import type { Together } from './stream.ts';
import { denseBlock, denseStream, sparseBlock, sparseStream } from './stream.ts';

/** How rows go with each other. What each takes is measured: see rates/. */
export const rowsNames = ['dense', 'sparse-1', 'sparse-2', 'sparse-4'] as const;

export type RowsName = (typeof rowsNames)[number];

export const rowsNameOf = (encoding: Encoding, rows: number): RowsName =>
  encoding.format === 'dense' ? 'dense' : `sparse-${togetherOf(encoding, rows)}`;

/** The parameter that says how many rows share their columns. */
const shared: Readonly<Record<string, string>> = { block: 'r', vec: 'r', punched: 'f' };

/** How many rows of sparse weights share their columns in the routine. */
function togetherOf({ format, params }: Encoding, rows: number): 1 | 2 | 4 {
  const size = format in shared ? Number(params[shared[format]]) : 1;
  // A last group that is not whole would have no rows for the routine.
  const together = format === 'vec' && rows % size !== 0 ? 1 : size;
  return ([4, 2, 1] as const).find((r) => together % r === 0 && rows % r === 0) ?? 1;
}

/** Which rows those are: neighbours, or those that the format finds alike. */
function rowsTogether(matrix: Matrix, encoding: Encoding): Together {
  const height = togetherOf(encoding, matrix.rows);
  const alike = encoding.format === 'vec' && height > 1;
  const order = alike ? groupsOf(matrix, Number(encoding.params.r)) : Array.from({ length: matrix.rows }, (_, r) => r);
  return { height, order };
}

/** Columns that are worked on at once. */
export const blockOf = ({ format }: Encoding): number => (format === 'dense' ? denseBlock : sparseBlock);

/** The weights packed for their format, and the routine that multiplies by them; `read` are the columns that are laid out. */
export function rowsFor({ pack }: KernelSite, matrix: Matrix, encoding: Encoding, read?: ArrayLike<number>) {
  if (encoding.format === 'dense') {
    const packed = pack('weights', denseStream(matrix, read)).array;
    return { routine: rowsDense, stream: { weights: packed, groups: 0, rows: 0, counts: 0, columns: 0 } };
  }
  const together = rowsTogether(matrix, encoding);
  const packed = sparseStream(matrix, together, read);
  return {
    routine: rowsSparse(together.height),
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
