/** Matrices pruned at random, to measure and to price what no model is at hand for. */
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Matrix } from './matrix.ts';

/** Rows and neighbouring columns that are kept or pruned together. */
export interface Blocks {
  readonly r: number;
  readonly c: number;
}

/** So many weights that are kept of every so many neighbours. */
export interface Grouped {
  readonly n: number;
  readonly m: number;
}

/** Weights of which n in every m neighbours of a run are kept, at random: the same in every run. */
export function groupedMatrix(
  { rows, columns, run }: Pick<Matrix, 'rows' | 'columns' | 'run'>,
  { n, m }: Grouped,
): Matrix {
  const data = new Float32Array(rows * columns);
  const generator = xoroshiro128plus(rows * 31 + columns);
  const random = (): number => uniformFloat32(generator);
  for (let at = 0; at < data.length; at++) {
    const inGroup = (at % run) % m;
    const kept = data.subarray(at - inGroup, at).reduce((count, v) => count + (v === 0 ? 0 : 1), 0);
    // As many as asked for: every place is drawn with what is left to draw.
    if (random() * (m - inGroup) < n - kept) data[at] = 0.5 + random();
  }
  return { rows, columns, run, data };
}

/**
 * Weights of which random blocks are kept: the same in every run. Blocks hang over at the edges, and start anew in each
 * run of columns.
 */
export function maskedMatrix(
  { rows, columns, run }: Pick<Matrix, 'rows' | 'columns' | 'run'>,
  { r, c }: Blocks,
  density: number,
): Matrix {
  const data = new Float32Array(rows * columns);
  const perRun = Math.ceil(run / c);
  const bands = Math.ceil(rows / r);
  const blocks = bands * perRun * (columns / run);
  const generator = xoroshiro128plus(rows * 31 + columns);
  const random = (): number => uniformFloat32(generator);
  // As many as asked for, and not about as many: every place is drawn with what is left to draw.
  let left = Math.max(1, Math.round(density * blocks));
  for (let block = 0; block < blocks; block++) {
    if (random() * (blocks - block) >= left) continue;
    left--;
    const band = block % bands;
    const place = Math.floor(block / bands);
    const first = Math.floor(place / perRun) * run + (place % perRun) * c;
    const end = Math.min(first + c, (Math.floor(place / perRun) + 1) * run);
    for (let row = band * r; row < Math.min(rows, band * r + r); row++)
      for (let column = first; column < end; column++) data[row * columns + column] = 0.5 + random();
  }
  return { rows, columns, run, data };
}
