/**
 * The weights of a few rows in cells, a row and a bank each, from which they are taken the largest first. Keys are numbers
 * that sort as weights do: magnitude from the top, then columns upwards.
 */
import type { Matrix } from '../tensor/matrix.ts';
import { wordsOf } from '../tensor/matrix.ts';
import type { Gather } from './gs-groups.ts';
import type { Mask } from './pruner.ts';

export interface Cells {
  /** By cell, row · banks + bank: the key of its largest weight that is left; infinite where none is. */
  readonly heads: Float64Array<ArrayBuffer>;
  /** Takes the largest weight of a cell and gives its column. */
  take(cell: number): number;
}

/** Columns that a key can tell apart. */
const columnsInKey = 2 ** 22;

const magnitude = 0x7fffffff;

/** Rows in a group of its full size, and the columns before `columns`. Rows that are not there are zeros. */
export interface Extent extends Gather {
  readonly rows: readonly number[];
  readonly columns: number;
}

/** Weights that are `likely` to be taken, each not smaller than any that is not, are sorted at once, others if they are needed. */
export function cellsOf(m: Matrix, { rows, columns, banks, perRow }: Extent, likely: Mask): Cells {
  const height = banks / perRow;
  const count = height * banks;
  const keys = new Float64Array(height * columns);
  const next = new Uint32Array(count);
  const sorted = new Uint32Array(count);
  const ends = new Uint32Array(count);
  const heads = new Float64Array(count).fill(Infinity);
  const bits = wordsOf(m.data);
  const look = (cell: number): void => {
    if (next[cell] === sorted[cell]) {
      keys.subarray(next[cell], ends[cell]).sort();
      sorted[cell] = ends[cell];
    }
    heads[cell] = next[cell] < ends[cell] ? keys[next[cell]] : Infinity;
  };
  for (let cell = 0, end = 0; cell < count; cell++) {
    const r = Math.floor(cell / banks);
    const bank = cell % banks;
    const isThere = r < rows.length;
    const start = isThere ? rows[r] * m.columns : 0;
    let front = end;
    end += Math.ceil((columns - bank) / banks);
    let back = end;
    next[cell] = front;
    ends[cell] = end;
    for (let c = bank; c < columns; c += banks) {
      const size = isThere ? bits[start + c] & magnitude : 0;
      const key = (magnitude - size) * columnsInKey + c;
      if (isThere && likely[start + c] === 1) keys[front++] = key;
      else keys[--back] = key;
    }
    sorted[cell] = front;
    keys.subarray(next[cell], front).sort();
    look(cell);
  }
  return {
    heads,
    take(cell) {
      const column = heads[cell] % columnsInKey;
      next[cell]++;
      look(cell);
      return column;
    },
  };
}
