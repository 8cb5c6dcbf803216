/** Layers of groups as layers of one: the channels of other groups are columns without weights, which are left out where tiles are. */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { liveness } from '../../../src/tensor/matrix.ts';

/** Weights and zeros, which are held while a layer is compiled. */
const mostUngrouped = 2 ** 24;

/** Why there are too many of them; undefined where they are few enough. */
export const tooManyPlaces = (all: number, groups: number): string | undefined =>
  groups > 1 && all > mostUngrouped
    ? `takes groups that have ${mostUngrouped} places for weights where each row sees all channels, and these have ${all}`
    : undefined;

/** Of weights that were asked about. */
const known = new WeakMap<Float32Array, Matrix>();

/** Rows see the channels of all groups. Or why there are too many. */
export function ungrouped(matrix: Matrix, groups: number): Matrix | string {
  if (groups === 1) return matrix;
  const { rows, columns, run } = matrix;
  const fault = tooManyPlaces(rows * columns * groups, groups);
  if (fault !== undefined) return fault;
  const before = known.get(matrix.data);
  if (before && before.rows === rows && before.run === run * groups) return before;
  const live = liveness(matrix);
  const data = new Float32Array(rows * columns * groups);
  const mask = new Uint8Array(data.length);
  for (let row = 0; row < rows; row++) {
    const group = Math.floor((row * groups) / rows);
    for (let column = 0; column < columns; column++) {
      const from = row * columns + column;
      const to = row * columns * groups + Math.floor(column / run) * run * groups + group * run + (column % run);
      data[to] = matrix.data[from];
      mask[to] = live[from];
    }
  }
  const all = { rows, columns: columns * groups, run: run * groups, data, mask };
  known.set(matrix.data, all);
  return all;
}
