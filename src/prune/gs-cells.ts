/**
 * The weights of a few rows in cells, a row and a bank each, from which they are taken the largest first. Keys are numbers
 * that sort as weights do: magnitude from the top, then columns upwards.
 */
import type { Matrix } from '../tensor/matrix.ts';
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

/** Weights that are `likely` to be taken, each not smaller than any that is not, are sorted at once, others if they are needed. */
export function cellsOf({ columns, data }: Matrix, rows: readonly number[], banks: number, likely: Mask): Cells {
  const count = rows.length * banks;
  const keys = new Float64Array(rows.length * columns);
  const next = new Uint32Array(count);
  const sorted = new Uint32Array(count);
  const ends = new Uint32Array(count);
  const heads = new Float64Array(count).fill(Infinity);
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const look = (cell: number): void => {
    if (next[cell] === sorted[cell]) {
      keys.subarray(next[cell], ends[cell]).sort();
      sorted[cell] = ends[cell];
    }
    heads[cell] = next[cell] < ends[cell] ? keys[next[cell]] : Infinity;
  };
  for (let cell = 0, end = 0; cell < count; cell++) {
    const row = rows[Math.floor(cell / banks)] * columns;
    const bank = cell % banks;
    let front = end;
    end += Math.ceil((columns - bank) / banks);
    let back = end;
    next[cell] = front;
    ends[cell] = end;
    for (let c = bank; c < columns; c += banks) {
      const key = (magnitude - (bits[row + c] & magnitude)) * columnsInKey + c;
      if (likely[row + c] === 1) keys[front++] = key;
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
