/** The routines that multiply blocks of columns by the weights, and the weights packed for them. */
import { groupsOf } from '../../src/formats/alike.ts';
import type { KernelSite, Routine } from '../../src/plan/kernel.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { countLive } from '../../src/tensor/matrix.ts';
import type { Encoding } from '../../src/tensor/type.ts';
import { helper, vector } from './panels.ts';
import type { Grouping, Together } from './stream.ts';
import { denseBlock, denseStream, groupsTogether, sparseBlock, sparseStream, wideBlock } from './stream.ts';
import type { Height } from './turns.ts';
import { groupsInTurns } from './turns.ts';
import { isMade, rowsUnits, unitBlock } from './units.ts';
import { waysOf } from './ways.ts';

/** How rows go with each other. What each takes is measured: see rates/. */
export const rowsNames = ['dense', 'sparse-2', 'sparse-4', 'shared-2', 'shared-4'] as const;

export type RowsName = (typeof rowsNames)[number];

/** Weights of which so many are kept go four rows at a time: most turns then find rows that share a column. */
const four = 0.35;

/** Of as many rows, those that a last group of four has twice or more do not count. */
const enough = 16;

/** By which routine `rows` of weights are multiplied, of which such a share is kept. */
export function rowsNameOf(encoding: Encoding, rows: number, share: number): RowsName {
  if (encoding.format === 'dense' || encoding.format === 'smartdeal') return 'dense';
  const together = togetherOf(encoding, rows);
  if (together !== 1) return `sparse-${together}`;
  return share >= four && rows >= enough ? 'shared-4' : 'shared-2';
}

/** How many of all weights are kept. */
export const shareOf = (matrix: Matrix): number => countLive(matrix) / matrix.data.length;

/** The parameter that says how many rows share their columns. */
const shared: Readonly<Record<string, string>> = { block: 'r', vec: 'r', punched: 'f' };

/** How many rows of sparse weights share their columns in the routine. */
function togetherOf({ format, params }: Encoding, rows: number): 1 | 2 | 4 {
  const size = format in shared ? Number(params[shared[format]]) : 1;
  // A last group that is not whole would have no rows for the routine.
  const together = format === 'vec' && rows % size !== 0 ? 1 : size;
  return ([4, 2, 1] as const).find((r) => together % r === 0 && rows % r === 0) ?? 1;
}

/** Rows that the format puts together, or finds alike. */
function rowsTogether(matrix: Matrix, encoding: Encoding): Together {
  const height = togetherOf(encoding, matrix.rows);
  const alike = encoding.format === 'vec' && height > 1;
  const order = alike ? groupsOf(matrix, Number(encoding.params.r)) : Array.from({ length: matrix.rows }, (_, r) => r);
  return { height, order };
}

/** A routine of sparse weights, and the groups that it takes. */
interface Sparse {
  readonly routine: Routine;
  readonly grouping: Grouping;
}

function sparseRows(name: Exclude<RowsName, 'dense'>, matrix: Matrix, encoding: Encoding): Sparse {
  if (name === 'shared-2' || name === 'shared-4') {
    const height = name === 'shared-2' ? 2 : 4;
    // Rows of a block share its columns, and have others besides.
    const asTheyStand = encoding.format === 'union' && Number(encoding.params.r) % 2 === 0;
    return { routine: rowsShared(height), grouping: (block) => groupsInTurns(block, height, asTheyStand) };
  }
  const together = rowsTogether(matrix, encoding);
  return { routine: rowsSparse(together.height), grouping: (block) => groupsTogether(block, together) };
}

/** Columns that are worked on at once. Those that are laid out take no more room than so many columns of an image. */
export function blockOf(name: RowsName, held: number): number {
  if (name === 'dense') return denseBlock;
  return isWide(name) ? Math.min(wideBlock, Math.max(sparseBlock, held)) : sparseBlock;
}

const isWide = (name: RowsName): boolean => name === 'sparse-2' || name === 'sparse-4';

/** The same for a matrix, which may be made of units. */
export const blockFor = (matrix: Matrix, encoding: Encoding, held: number): number =>
  isMade(encoding, matrix) ? unitBlock : blockOf(rowsNameFor(matrix, encoding), held);

/** Which routine multiplies by a matrix. */
export const rowsNameFor = (matrix: Matrix, encoding: Encoding): RowsName =>
  rowsNameOf(encoding, matrix.rows, shareOf(matrix));

/**
 * The weights packed for their format in blocks of `width` columns, and the routine that multiplies by them; `read` are the
 * columns that are laid out.
 */
export function rowsFor(
  { pack }: KernelSite,
  matrix: Matrix,
  encoding: Encoding,
  width: number,
  read?: ArrayLike<number>,
) {
  const name = rowsNameFor(matrix, encoding);
  if (isMade(encoding, matrix)) return rowsUnits({ pack }, matrix, rowsDense);
  if (name === 'dense') {
    const packed = pack('weights', denseStream(matrix, read)).array;
    return { routine: rowsDense, stream: { weights: packed, groups: 0, rows: 0, counts: 0, columns: 0, wide: 0 } };
  }
  const { routine, grouping } = sparseRows(name, matrix, encoding);
  const wide = isWide(name);
  const packed = sparseStream(matrix, grouping, { width, wide }, read);
  const columns = pack('columns', packed.columns).array;
  return {
    routine,
    stream: {
      groups: pack('groups', packed.groups).array,
      rows: pack('rows', packed.rows).array,
      counts: pack('counts', packed.counts).array,
      columns: wide ? 0 : columns,
      wide: wide ? columns : 0,
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

const rowsShared = (rows: Height): Routine => ({
  name: `rows-shared-${rows}`,
  template: 'cpu/kernels/rows-shared.c.hbs',
  view: {
    rows,
    name: `rows_shared_${rows}`,
    ways: waysOf[rows].map((way) => ({ columns: way.map((takers) => ({ takers })) })),
  },
  needs: [stream],
});
