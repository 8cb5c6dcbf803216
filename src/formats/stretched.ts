/**
 * Compressed sparse rows whose places are where a direct convolution reads: offsets from the first pixel of a window in
 * a padded input, so that nothing is computed from a column. They hold for one size of input only.
 *
 *     channel 0: 1 .    channel 1: . 2    two channels of 1x2 taps, pitch = 5, plane = 20
 *     pos: 0 2
 *     off: 0 21             channel · plane + (tap down · dilation) · pitch + tap across · dilation
 *     val: 1 2
 *
 * After Park et al., "Faster CNNs with Direct Sparse Convolutions and Guided Pruning", 2017.
 */
import { bug } from '../diagnostic.ts';
import type { Expr } from '../loop/loop.ts';
import { add, declare, div, load, local, loop, mod, mul } from '../loop/loop.ts';
import type { Matrix, Plane } from '../tensor/matrix.ts';
import { liveEntries, wordsOf } from '../tensor/matrix.ts';
import type { Detection, Format } from './format.ts';
import { liveBits } from './livebits.ts';
import { placeBytes, placesFor } from './places.ts';

/** `across`: taps in a row of the kernel; `dy`, `dx`: dilation; `pitch` and `plane`: elements from row to row and from channel to channel. */
type Stretched = {
  readonly across: number;
  readonly dy: number;
  readonly dx: number;
  readonly pitch: number;
  readonly plane: number;
};

type Sizes = Pick<Matrix, 'columns' | 'run' | 'plane'>;

export const stretched: Format<Stretched, 'pos' | 'off' | 'val'> = {
  name: 'stretched',
  doc: 'the live entries of each row, each with its offset in the padded input',
  values: ['val'],
  detect,
  fault,

  cost(m, params) {
    const { live } = liveBits(m);
    const bytes = 4 * (m.rows + 1) + live * (placeBytes(reach(m, params)) + 4);
    return { bytes, multiplies: live, lookups: live, tests: 0 };
  },

  pack(m, params) {
    const { rows, columns, run } = m;
    const why = ambiguity(m, params);
    if (why !== undefined) bug(`offsets in planes of ${params.plane} do not tell the taps of a matrix that ${why}`);
    const { pos, column, value } = liveEntries(m);
    const off = placesFor(reach(m, params), column.length);
    for (let p = 0; p < column.length; p++) off[p] = offsetOf(column[p], run, params);
    return { rows, columns, run, parts: { pos, off, val: value } };
  },

  unpack({ rows, columns, run, parts: { pos, off, val } }, params) {
    const data = new Float32Array(rows * columns);
    const [to, from] = [wordsOf(data), wordsOf(val as Float32Array<ArrayBuffer>)];
    for (let row = 0; row < rows; row++)
      for (let p = pos[row]; p < pos[row + 1]; p++) to[row * columns + columnOf(off[p], run, params)] = from[p];
    return { rows, columns, run, data };
  },

  walk({ run, parts: { pos, off, val } }, { across, dy, dx, pitch, plane }, row, visit) {
    const at = local('at', 'i32');
    const inPlane = mod(at, plane);
    const tap = add(mul(div(inPlane, pitch * dy), across), div(mod(inPlane, pitch), dx));
    const column: Expr = add(mul(tap, run), div(at, plane));
    return loop('p', load(pos, row), load(pos, add(row, 1)), (p) => [
      declare(at, load(off, p)),
      ...visit(column, load(val, p)),
    ]);
  },
};

function offsetOf(column: number, run: number, { across, dy, dx, pitch, plane }: Stretched): number {
  const tap = Math.floor(column / run);
  return (column % run) * plane + Math.floor(tap / across) * dy * pitch + (tap % across) * dx;
}

function columnOf(offset: number, run: number, { across, dy, dx, pitch, plane }: Stretched): number {
  const inPlane = offset % plane;
  const tap = Math.floor(inPlane / (pitch * dy)) * across + Math.floor((inPlane % pitch) / dx);
  return tap * run + Math.floor(offset / plane);
}

/** One more than the largest offset. */
function reach({ columns, run }: Sizes, { across, dy, dx, pitch, plane }: Stretched): number {
  const down = columns / run / across;
  return (run - 1) * plane + (down - 1) * dy * pitch + (across - 1) * dx + 1;
}

/** What two taps or channels would have the same offset by, or an offset would be no i32, if so. */
function ambiguity(m: Sizes, params: Stretched): string | undefined {
  const { across, dy, dx, pitch, plane } = params;
  const down = m.columns / m.run / across;
  const bad = Object.entries(params).find(([, size]) => !Number.isInteger(size) || size < 1);
  if (bad) return `has ${bad[0]} ${bad[1]}`;
  if (!Number.isInteger(down)) return `has ${m.columns / m.run} taps, in rows of ${across}`;
  if ((across - 1) * dx >= pitch)
    return `has taps that reach over ${(across - 1) * dx + 1} of ${pitch} elements of a row`;
  if ((down - 1) * dy * pitch + (across - 1) * dx >= plane) return `has taps that reach over a plane of ${plane}`;
  return reach(m, params) < 2 ** 31 ? undefined : `reaches over ${reach(m, params)} elements`;
}

const paramsOf = ({ across, dilation: [dy, dx], pitch, size }: Plane): Stretched => ({
  across,
  dy,
  dx,
  pitch,
  plane: size,
});

function detect(m: Matrix): Detection<Stretched> {
  // Columns of one tap are channels, and say as much.
  if (!m.plane || m.columns === m.run) return { fits: [], refused: [] };
  const params = paramsOf(m.plane);
  const { live } = liveBits(m);
  const all = m.data.length;
  const why = live === all ? `takes ${live} entries, and the whole matrix has ${all}` : ambiguity(m, params);
  return why === undefined ? { fits: [params], refused: [] } : { fits: [], refused: [{ params, reason: why }] };
}

/** Offsets for another size of input would read other pixels. */
function fault(m: Sizes, params: Stretched): string | undefined {
  const why = ambiguity(m, params);
  if (why !== undefined) return why;
  if (!m.plane) return 'has no input that is padded';
  const want = paramsOf(m.plane);
  const wrong = (['across', 'dy', 'dx', 'pitch', 'plane'] as const).find((key) => params[key] !== want[key]);
  return wrong && `is for ${wrong} ${params[wrong]}, and the input has ${want[wrong]}`;
}
