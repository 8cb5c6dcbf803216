/**
 * A matrix in tiles of r rows and c neighbouring input channels at one tap, which are kept or cut as a whole. They start
 * at multiples of r, and of c inside a run; at the edges they are cut off. Tile number
 * (band · taps + tap) · tilesPerRun + k has the channels from k · c on.
 */
import type { Matrix } from '../tensor/matrix.ts';
import type { Mask, RankedPruner, Units } from './pruner.ts';
import type { Kept } from './ranking.ts';
import { keepHighest } from './ranking.ts';

export interface Tile {
  readonly r: number;
  readonly c: number;
}

/** The score of a tile from the sums of squares in its columns, `height` weights each: `columns` of these from `from` on. */
export type Score = (squares: Float64Array, from: number, columns: number, height: number) => number;

export const tilePruner = (tile: Tile, ratio: number, score: Score): RankedPruner => ({
  kind: 'ranked',
  ratio,
  refuse: () => undefined,
  most: ({ data }) => data.length,
  units: (m) => rankTiles(m, tile, score),
  keep: (m, budget) => maskOf(m, tile, keepHighest([rankTiles(m, tile, score)], budget)[0]),
});

function rankTiles({ rows, columns, run, data }: Matrix, { r, c }: Tile, score: Score): Units {
  const perRun = Math.ceil(run / c);
  const perBand = (columns / run) * perRun;
  const scores = new Float32Array(Math.ceil(rows / r) * perBand);
  const ragged = rows % r !== 0 || run % c !== 0;
  const sizes = ragged ? new Uint32Array(scores.length) : r * c;
  const squares = new Float64Array(columns);
  let unit = 0;
  for (let row = 0; row < rows; row += r) {
    const height = Math.min(r, rows - row);
    squares.fill(0);
    for (let at = row * columns; at < (row + height) * columns; at += columns)
      for (let k = 0; k < columns; k++) squares[k] += data[at + k] * data[at + k];
    for (let start = 0; start < columns; start += run)
      for (let k = 0; k < run; k += c, unit++) {
        const width = Math.min(c, run - k);
        scores[unit] = score(squares, start + k, width, height);
        if (typeof sizes !== 'number') sizes[unit] = height * width;
      }
  }
  return { scores, sizes };
}

function maskOf({ rows, columns, run }: Matrix, { r, c }: Tile, kept: Kept): Mask {
  const mask = new Uint8Array(rows * columns);
  const perRun = Math.ceil(run / c);
  const perBand = (columns / run) * perRun;
  for (let row = 0, at = 0; row < rows; row++) {
    const first = Math.floor(row / r) * perBand;
    for (let unit = first; unit < first + perBand; unit += perRun)
      for (let k = 0; k < run; k++, at++) mask[at] = kept[unit + Math.floor(k / c)];
  }
  return mask;
}
