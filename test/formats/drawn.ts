/** Matrices drawn as text, or sown by a rule. */
import type { Matrix } from '../../src/tensor/matrix.ts';
import { matrix } from '../../src/tensor/matrix.ts';

/** Rows of dots and digits: `1..2` is 1 0 0 2. */
export const drawn = (run: number, ...rows: readonly string[]): Matrix =>
  matrix(
    rows.length,
    rows[0].length,
    run,
    rows.flatMap((row) => [...row].map((c) => (c === '.' ? 0 : Number(c)))),
  );

/** Weights of ±1 where `kept` says so, the same for the same seed. */
export function sown(
  rows: number,
  columns: number,
  run: number,
  kept: (row: number, column: number) => boolean,
): Matrix {
  return matrix(
    rows,
    columns,
    run,
    Array.from({ length: rows * columns }, (_, at) =>
      kept(Math.floor(at / columns), at % columns) ? 1 + (at % 7) : 0,
    ),
  );
}
