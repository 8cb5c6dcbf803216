/** Layers of groups as layers of one: the channels of other groups are columns without weights, which are left out where tiles are. */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { liveness } from '../../../src/tensor/matrix.ts';

/** Weights and zeros, which are held while a layer is compiled. */
export const mostUngrouped = 2 ** 24;

/** Rows see the channels of all groups. Or why there are too many. */
export function ungrouped(matrix: Matrix, groups: number): Matrix | string {
  if (groups === 1) return matrix;
  const { rows, columns, run } = matrix;
  const all = rows * columns * groups;
  if (all > mostUngrouped)
    return `takes groups that have ${mostUngrouped} places for weights where each row sees all channels, and these have ${all}`;
  const live = liveness(matrix);
  const data = new Float32Array(all);
  const mask = new Uint8Array(all);
  for (let row = 0; row < rows; row++) {
    const group = Math.floor((row * groups) / rows);
    for (let column = 0; column < columns; column++) {
      const from = row * columns + column;
      const to = row * columns * groups + Math.floor(column / run) * run * groups + group * run + (column % run);
      data[to] = matrix.data[from];
      mask[to] = live[from];
    }
  }
  return { rows, columns: columns * groups, run: run * groups, data, mask };
}
