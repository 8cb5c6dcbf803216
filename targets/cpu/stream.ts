/**
 * Weights as the kernels read them, block by block of neighbouring columns:
 *
 *     sparse    each group of rows that are multiplied together: those with few columns first, so that loops end where
 *               the processor foresees it. The first and the last block have every group, since that is where sums
 *               begin with the bias and end in bounds.
 *     dense     four rows at a time, column by column; the rows left over in twos and ones
 */
import type { Matrix } from '../../src/tensor/matrix.ts';
import { liveness } from '../../src/tensor/matrix.ts';

/** Columns of a sparse block: their lanes take 32 KB, and their number fits a byte. */
export const sparseBlock = 128;

/**
 * Columns of a block for rows that share them, at most. What they read is further away, but used by several rows at once,
 * and the sums of all rows are stored and fetched again less often.
 */
export const wideBlock = 512;

/** Columns of a dense block, which are added up by themselves: the shorter the chain of sums, the less is rounded. */
export const denseBlock = 64;

export interface Stream {
  /** Groups in each block. */
  readonly groups: Int32Array<ArrayBuffer>;
  /** Those of each group, and zeros for one more: who works on one looks at the next. */
  readonly rows: Uint16Array<ArrayBuffer>;
  /** Columns of each group, or turns of each way in which its rows share them. */
  readonly counts: Uint16Array<ArrayBuffer>;
  /** Counted from the first of the block. */
  readonly columns: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
}

/** Rows that are multiplied together, in one block of columns. */
export interface Group {
  readonly rows: readonly number[];
  /** Numbers of columns, as the routine counts them. */
  readonly counts: readonly number[];
  /** Counted from the first of the block. */
  readonly columns: ArrayLike<number>;
  /** Places of the weights in the matrix; −1 for a zero. */
  readonly weights: ArrayLike<number>;
}

/** Columns `first` to `end` of those that are read. */
export interface Block {
  readonly m: Matrix;
  /** Which weights are kept. */
  readonly live: Uint8Array;
  readonly read: ArrayLike<number>;
  readonly first: number;
  readonly end: number;
}

/** The groups of a block, in their order. */
export type Grouping = (block: Block) => readonly Group[];

/** Blocks of `width` are of `read`, the columns that are laid out. */
export function sparseStream(
  m: Matrix,
  grouping: Grouping,
  { width, wide }: { readonly width: number; readonly wide: boolean },
  read: ArrayLike<number> = allColumns(m),
): Stream {
  const live = liveness(m);
  const groups: number[] = [];
  const listed: Group[] = [];
  for (let first = 0; first === 0 || first < read.length; first += width) {
    const end = Math.min(first + width, read.length);
    const every = first === 0 || end === read.length;
    const block = grouping({ m, live, read, first, end }).filter((g) => every || g.columns.length > 0);
    groups.push(block.length);
    for (const group of block) listed.push(group);
  }
  const sizeOf = (part: 'rows' | 'counts' | 'columns' | 'weights'): number =>
    listed.reduce((sum, group) => sum + group[part].length, 0);
  const rows = new Uint16Array(sizeOf('rows') + mostTogether);
  const counts = new Uint16Array(sizeOf('counts'));
  const columns = wide ? new Uint16Array(sizeOf('columns')) : new Uint8Array(sizeOf('columns'));
  const weights = new Float32Array(sizeOf('weights'));
  let [row, count, column, weight] = [0, 0, 0, 0];
  for (const group of listed) {
    rows.set(group.rows, row);
    counts.set(group.counts, count);
    columns.set(group.columns, column);
    for (let i = 0; i < group.weights.length; i++) {
      const at = group.weights[i];
      weights[weight++] = at < 0 ? 0 : m.data[at];
    }
    row += group.rows.length;
    count += group.counts.length;
    column += group.columns.length;
  }
  return { groups: Int32Array.from(groups), rows, counts, columns, weights };
}

/** Rows of a group at most. */
const mostTogether = 4;

/** Every column of a matrix, whether it has a live weight or not. */
export const allColumns = ({ columns }: Matrix): Int32Array<ArrayBuffer> =>
  Int32Array.from({ length: columns }, (_, c) => c);

/** The columns with a live weight. */
export function liveColumns(m: Matrix): Int32Array<ArrayBuffer> {
  const live = liveness(m);
  const used = new Uint8Array(m.columns);
  for (let row = 0, at = 0; row < m.rows; row++) for (let c = 0; c < m.columns; c++) used[c] |= live[at++];
  return allColumns(m).filter((c) => used[c] === 1);
}

/** Rows that go together in every block: groups of `height`, which divides their number. */
export interface Together {
  readonly height: number;
  /** All rows, group by group. */
  readonly order: ArrayLike<number>;
}

/** Groups with the columns that any of their rows needs. */
export function groupsTogether({ m, live, read, first, end }: Block, { height, order }: Together): readonly Group[] {
  const groups: Group[] = [];
  for (let start = 0; start < m.rows; start += height) {
    const rows = Array.from({ length: height }, (_, r) => order[start + r]);
    const columns: number[] = [];
    const weights: number[] = [];
    for (let place = first; place < end; place++) {
      if (!rows.some((row) => live[row * m.columns + read[place]] === 1)) continue;
      columns.push(place - first);
      for (const row of rows) {
        const at = row * m.columns + read[place];
        weights.push(live[at] === 1 ? at : -1);
      }
    }
    groups.push({ rows, counts: [columns.length], columns, weights });
  }
  return groups.sort((a, b) => a.columns.length - b.columns.length || a.rows[0] - b.rows[0]);
}

/** Weights alone, in the order in which the dense kernel wants them. */
export function denseStream(m: Matrix, read: ArrayLike<number> = allColumns(m)): Float32Array<ArrayBuffer> {
  const { rows, columns, data } = m;
  const out = new Float32Array(rows * columns);
  let at = 0;
  for (let first = 0; first < columns; first += denseBlock) {
    const end = Math.min(first + denseBlock, columns);
    for (let row = 0; row < rows; ) {
      const height = [4, 2, 1].find((h) => row + h <= rows) ?? 1;
      for (let c = first; c < end; c++)
        for (let r = row; r < row + height; r++) out[at++] = data[r * columns + read[c]];
      row += height;
    }
  }
  return out;
}
