/**
 * Weights as the kernels read them, block by block of neighbouring columns:
 *
 *     sparse    each group of rows that share columns: groups of few columns first, so that loops end where the
 *               processor foresees it. The first and the last block have every group, since that is where sums begin
 *               with the bias and end in bounds.
 *     dense     four rows at a time, column by column; the rows left over in twos and ones
 */
import type { Matrix } from '../../src/tensor/matrix.ts';
import { liveness } from '../../src/tensor/matrix.ts';

/** Columns of a sparse block: their lanes take 32 KB, and their number fits a byte. */
export const sparseBlock = 128;

/** Columns of a dense block, which are added up by themselves: the shorter the chain of sums, the less is rounded. */
export const denseBlock = 64;

export interface Stream {
  /** Groups in each block. */
  readonly groups: Int32Array<ArrayBuffer>;
  /** Those of each group, and zeros for one more: who works on one looks at the next. */
  readonly rows: Uint16Array<ArrayBuffer>;
  /** Columns of each group. */
  readonly counts: Uint16Array<ArrayBuffer>;
  /** Counted from the first of the block. */
  readonly columns: Uint8Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
}

interface Group {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

/** Which rows go together: groups of `height`, which divides their number. */
export interface Together {
  readonly height: number;
  /** All rows, group by group. */
  readonly order: ArrayLike<number>;
}

/** Blocks are of `read`, the columns that are laid out. */
export function sparseStream(m: Matrix, together: Together, read: ArrayLike<number> = allColumns(m)): Stream {
  const live = liveness(m);
  const groups: number[] = [];
  const listed: Group[] = [];
  const firsts: number[] = [];
  for (let first = 0; first === 0 || first < read.length; first += sparseBlock) {
    const end = Math.min(first + sparseBlock, read.length);
    const every = first === 0 || end === read.length;
    const block = groupsOf(m, live, { ...together, first, end, read }).filter((g) => every || g.columns.length > 0);
    groups.push(block.length);
    for (const group of block) {
      listed.push(group);
      firsts.push(first);
    }
  }
  const stored = listed.reduce((sum, group) => sum + group.columns.length, 0);
  const columns = new Uint8Array(stored);
  const weights = new Float32Array(stored * together.height);
  let [column, weight] = [0, 0];
  for (const [i, group] of listed.entries())
    for (const place of group.columns) {
      columns[column++] = place - firsts[i];
      for (const row of group.rows) {
        const at = row * m.columns + read[place];
        weights[weight++] = live[at] === 1 ? m.data[at] : 0;
      }
    }
  return {
    groups: Int32Array.from(groups),
    rows: Uint16Array.from([...listed.flatMap((g) => g.rows), ...Array<number>(together.height).fill(0)]),
    counts: Uint16Array.from(listed, (g) => g.columns.length),
    columns,
    weights,
  };
}

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

/** Places `first` to `end` of the columns that are read. */
interface Extent extends Together {
  readonly first: number;
  readonly end: number;
  readonly read: ArrayLike<number>;
}

function groupsOf(m: Matrix, live: Uint8Array, { height, order, first, end, read }: Extent): readonly Group[] {
  const groups: Group[] = [];
  for (let start = 0; start < m.rows; start += height) {
    const rows = Array.from({ length: height }, (_, r) => order[start + r]);
    const columns: number[] = [];
    for (let place = first; place < end; place++)
      for (let r = 0; r < height; r++)
        if (live[rows[r] * m.columns + read[place]] === 1) {
          columns.push(place);
          break;
        }
    groups.push({ rows, columns });
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
