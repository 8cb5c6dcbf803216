/** The weights of one phase of a transposed convolution: those of some taps (see targets/gpu/phases.ts). */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { isLive } from '../../../src/tensor/matrix.ts';
import type { Phase } from '../../gpu/phases.ts';

/** The same taps the other way round, so that each reads further on than the one before. */
export function ascending({ taps, from, step }: Phase): Pick<Phase, 'taps' | 'from' | 'step'> {
  return { taps: taps.toReversed(), from: from + step * Math.max(0, taps.length - 1), step: -step };
}

/** Those of a phase of rows and one of columns, in order, of so many in a row. */
export const tapsOf = (row: Phase, column: Phase, across: number): readonly number[] =>
  ascending(row).taps.flatMap((ky) => ascending(column).taps.map((kx) => ky * across + kx));

/** Weights of some taps, one after the other. Of none there is one without weights. */
export function ofTaps(matrix: Matrix, taps: readonly number[]): Matrix {
  const { rows, run } = matrix;
  const columns = Math.max(1, taps.length) * run;
  const data = new Float32Array(rows * columns);
  const mask = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++)
    taps.forEach((tap, k) => {
      for (let c = 0; c < run; c++) {
        const from = row * matrix.columns + tap * run + c;
        if (!isLive(matrix, from)) continue;
        data[row * columns + k * run + c] = matrix.data[from];
        mask[row * columns + k * run + c] = 1;
      }
    });
  return { rows, columns, run, data, mask };
}
