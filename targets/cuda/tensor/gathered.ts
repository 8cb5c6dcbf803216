/**
 * V:N:M weights (VENOM, arXiv:2310.02065): the rows of a block share four columns of every m, and each keeps two of them. The block's
 * columns become a list, four for each m, and what is left is 2:4 on them. Seen from the weights themselves, whatever made them.
 */
import { alignUp } from '../../../src/plan/arena.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { isLive } from '../../../src/tensor/matrix.ts';
import type { Element } from './elements.ts';
import { elements, perStep } from './elements.ts';
import { fillBlock, stepBytes } from './fragments.ts';
import type { Packing } from './packing.ts';
import { fillPlaces, keepHalf, sparseOrder } from './sparse.ts';

/** Of which four are kept. */
export const groupSizes = [64, 32, 16, 8] as const;

/** The live columns of each block of rows, ascending in fours, −1 where a group has fewer. Or why they are too many. */
export function liveFours(matrix: Matrix, rows: number, m: number): readonly Int32Array<ArrayBuffer>[] | string {
  const { columns, run } = matrix;
  if (run % m !== 0) return `takes channels in whole groups of ${m}, and there are ${run}`;
  const blocks: Int32Array<ArrayBuffer>[] = [];
  for (let first = 0; first < matrix.rows; first += rows) {
    const own = new Int32Array((4 * columns) / m).fill(-1);
    for (let group = 0; group < columns / m; group++) {
      let count = 0;
      for (let c = group * m; c < (group + 1) * m; c++) {
        if (!anyLive(matrix, first, Math.min(first + rows, matrix.rows), c)) continue;
        if (count === 4) return `takes blocks of ${rows} rows that share four of every ${m} columns`;
        own[4 * group + count++] = c;
      }
    }
    blocks.push(own);
  }
  return blocks;
}

function anyLive(matrix: Matrix, from: number, to: number, column: number): boolean {
  for (let row = from; row < to; row++) if (isLive(matrix, row * matrix.columns + column)) return true;
  return false;
}

/** `fours`: of `liveFours`. Or the first group with more than two. */
export function packGathered(
  matrix: Matrix,
  rows: number,
  fours: readonly Int32Array<ArrayBuffer>[],
  element: Element = elements.f16,
): Packing | string {
  const order = sparseOrder(rows, element);
  const size = stepBytes(order);
  const columns = alignUp(fours[0].length, perStep(element));
  const steps = columns / perStep(element);
  const weights = new Uint32Array((fours.length * steps * size) / 4);
  const list = new Int32Array(fours.length * columns).fill(-1);
  for (const [block, own] of fours.entries()) {
    const values = new Float32Array(rows * columns);
    for (let row = 0; row < Math.min(rows, matrix.rows - block * rows); row++)
      own.forEach((column, k) => {
        const at = (block * rows + row) * matrix.columns + column;
        if (column >= 0 && isLive(matrix, at)) values[row * columns + k] = matrix.data[at];
      });
    const kept = keepHalf(values, rows, columns, element);
    if ('row' in kept)
      return `takes rows that keep two of the four columns that they share, and row ${block * rows + kept.row} keeps more`;
    const words = new Uint32Array(element.store(kept.values).buffer);
    const to = weights.subarray((block * steps * size) / 4, ((block + 1) * steps * size) / 4);
    fillBlock(to, order, steps, (row, step) =>
      words.subarray((row * steps + step) * 16, (row * steps + step + 1) * 16),
    );
    const perRow = columns / element.group;
    fillPlaces(
      to,
      order,
      steps,
      element,
      (row, step, group) => kept.nibbles[row * perRow + step * (perRow / steps) + group],
    );
    list.set(own, block * columns);
  }
  const begins = Int32Array.from({ length: fours.length + 1 }, (_, block) => block * steps);
  const depth = { taps: 1, channels: matrix.columns, padded: columns, columns };
  return { weights, stepBytes: size, begins, list, own: true, depth };
}
