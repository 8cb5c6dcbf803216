/**
 * Weights as every format sees them: one row per output, one column per input they read,
 * input channels fastest (the canonical view O,H,W,I flattened to O rows).
 */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Columns come in runs of this many neighbouring input channels at one tap; groups never straddle a run. */
  readonly run: number;
  /** rows × columns values, row by row. */
  readonly data: Float32Array<ArrayBuffer>;
  /** 1 where the weight is kept. Without one, the weights that are not zero are kept. */
  readonly mask?: Uint8Array<ArrayBuffer>;
}

export interface Entry {
  readonly column: number;
  readonly value: number;
}

export const matrix = (rows: number, columns: number, run: number, data: Iterable<number>): Matrix => ({
  rows,
  columns,
  run,
  data: Float32Array.from(data),
});

/** Whether the weight at flat position `at` is kept: its mask says so, or it is not zero (NaN is not zero). */
export const isLive = ({ data, mask }: Matrix, at: number): boolean => (mask ? mask[at] === 1 : data[at] !== 0);

/** The kept entries of each row, in column order. */
export function liveRows(m: Matrix): readonly (readonly Entry[])[] {
  return Array.from({ length: m.rows }, (_, r) => {
    const row: Entry[] = [];
    for (let column = 0; column < m.columns; column++) {
      const at = r * m.columns + column;
      if (isLive(m, at)) row.push({ column, value: m.data[at] });
    }
    return row;
  });
}

export function countLive(m: Matrix): number {
  let count = 0;
  for (let at = 0; at < m.data.length; at++) if (isLive(m, at)) count++;
  return count;
}
