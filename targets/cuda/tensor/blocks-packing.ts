/**
 * Weights of which whole tiles are left out, packed in the order in which a kernel reads them. Of each step
 *
 *     4 words, of each segment a bit for each tile of rows that has it
 *     4 words, of each line of warps how many tiles stand before its first
 *     the tiles that are there: line of warps > segment > tile of rows > lane > 16 bytes (fragments.ts)
 *
 * so that a warp reads its tiles one behind the other.
 */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { arrange } from './blocks-arrange.ts';
import type { LiveTiles } from './blocks-live.ts';
import { has, liveTiles, perSegment } from './blocks-live.ts';
import type { Depth, Taps } from './depth.ts';
import { noPiece, pieceAt, spread } from './depth.ts';
import type { Element } from './elements.ts';
import { perPiece } from './elements.ts';
import { wordAt } from './fragments.ts';
import type { Tile } from './tiles.ts';
import { headBytes, mostSegments, tileBytes, tileRows } from './tiles.ts';

export interface BlocksPacking {
  readonly weights: Uint32Array<ArrayBuffer>;
  /** Of each block of rows its first step; then how many steps there are. */
  readonly begins: Int32Array<ArrayBuffer>;
  /** Two numbers for each of the eight pieces of a step: see `Piece`. */
  readonly list: Int32Array<ArrayBuffer>;
  readonly own: true;
  readonly depth: Depth;
  /** Of each step where its weights begin, in pieces of 16 bytes; then how many there are. */
  readonly starts: Int32Array<ArrayBuffer>;
  /** The tiles of 16 rows that blocks of rows have. */
  readonly rowTiles: Int32Array<ArrayBuffer>;
}

/** Stands for a tile of rows where there is none: past all of them. */
export const noTile = 2 ** 27 - 1;

export interface BlocksStep {
  readonly head: Uint32Array<ArrayBuffer>;
  readonly tiles: readonly (readonly [line: number, segment: number])[];
}

export function packBlocks(matrix: Matrix, tile: Tile, element: Element, taps: Taps): BlocksPacking {
  const live = liveTiles(matrix, element);
  const { depth } = live;
  const bands = arrange(live, tile);
  const segments = bands.flatMap((band) => band.steps);
  const steps = bands.flatMap(({ lines, steps: own }) => own.map((step) => stepOf(lines, step, live.lines, tile)));
  const starts = startsOf(steps);
  const pieces = segments.flatMap((step) =>
    Array.from({ length: 2 * mostSegments }, (_, i) => {
      const first = step[i >> 1] * perSegment(element) + (i & 1) * perPiece(element);
      return i >> 1 < step.length ? pieceAt(first, depth, taps, element) : noPiece;
    }),
  );
  const rowTiles = bands.flatMap(({ lines }) => lines.map((line) => (line < 0 ? noTile : line)));
  return {
    weights: weightsOf(
      steps,
      starts,
      element.store(spread(matrix, depth, tileRows).values),
      (depth.columns * element.bytes) / 4,
    ),
    begins: sums(bands.map((band) => band.steps.length)),
    list: Int32Array.from(pieces.flat()),
    ...{ own: true, depth, starts, rowTiles: Int32Array.from(rowTiles) },
  };
}

/** Where each begins in memory, in pieces of 16 bytes; then how many there are. */
export const startsOf = (steps: readonly BlocksStep[]): Int32Array<ArrayBuffer> =>
  sums(steps.map(({ tiles }) => (headBytes + tiles.length * tileBytes) / 16));

/** What comes before each, and then all of them. */
export function sums(counts: readonly number[]): Int32Array<ArrayBuffer> {
  const before = new Int32Array(counts.length + 1);
  for (const [i, n] of counts.entries()) before[i + 1] = before[i] + n;
  return before;
}

/** `segments`: of a step, −1 for none. */
export function stepOf(
  band: readonly number[],
  segments: readonly number[],
  lines: LiveTiles['lines'],
  { rows, rowsPerWarp }: Tile,
): BlocksStep {
  const head = new Uint32Array(headBytes / 4);
  const tiles: (readonly [number, number])[] = [];
  const inWarp = rowsPerWarp / tileRows;
  for (let down = 0; down < rows / rowsPerWarp; down++) {
    head[mostSegments + down] = tiles.length;
    for (const [s, segment] of segments.entries())
      for (let i = down * inWarp; i < (down + 1) * inWarp; i++) {
        if (band[i] < 0 || segment < 0 || !has(lines[band[i]], segment)) continue;
        head[s] |= 1 << i;
        tiles.push([band[i], segment]);
      }
  }
  return { head, tiles };
}

const oneTile = { rows: tileRows, segments: 1, extra: 0 };

/** `stored`: all weights, row by row. */
export function weightsOf(
  steps: readonly BlocksStep[],
  starts: Int32Array<ArrayBuffer>,
  stored: Uint8Array<ArrayBuffer>,
  perRow: number,
): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(stored.buffer, stored.byteOffset, stored.byteLength / 4);
  const to = new Uint32Array(Math.max(4, 4 * starts[steps.length]));
  const places = Array.from({ length: tileRows }, (_, row) =>
    Array.from({ length: 8 }, (_, w) => wordAt(oneTile, row, w)),
  );
  for (const [i, { head, tiles }] of steps.entries()) {
    to.set(head, 4 * starts[i]);
    for (const [k, [line, segment]] of tiles.entries()) {
      const at = 4 * starts[i] + (headBytes + k * tileBytes) / 4;
      for (let row = 0; row < tileRows; row++)
        for (let w = 0; w < 8; w++) to[at + places[row][w]] = words[(line * tileRows + row) * perRow + 8 * segment + w];
    }
  }
  return to;
}
