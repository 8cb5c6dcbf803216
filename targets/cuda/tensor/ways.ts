/** The ways in which a layer's weights can be multiplied on tensor cores, with what each takes; the best is taken. */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { liveness } from '../../../src/tensor/matrix.ts';
import type { Depth } from './depth.ts';
import { depthOf } from './depth.ts';
import type { Element } from './elements.ts';
import { perStep } from './elements.ts';
import type { Estimate, Layer } from './estimate.ts';
import { bestSplit } from './estimate.ts';
import { extraDepth, fitsExtra } from './extra.ts';
import { groupSizes, liveFours } from './gathered.ts';
import type { Along, Tile, Way } from './tiles.ts';
import { sharedBytes, takesTile, tiles } from './tiles.ts';

export interface Offer {
  readonly way: Way;
  readonly tile: Tile;
  readonly estimate: Estimate;
  /** Of V:N:M weights, of how many columns four are kept. */
  readonly m?: number;
}

export interface Asked {
  readonly matrix: Matrix;
  readonly pixels: number;
  readonly element: Element;
  readonly along: Along;
  /** Bytes of the pictures that are read and written. */
  readonly bytes: number;
  /** Whether pixels are read one by one and where they are, so that columns can be gathered. */
  readonly plain: boolean;
  /** Whether all devices it is made for have sparse tensor cores. */
  readonly sparse: boolean;
  /** Bytes of shared memory that a block can have on all of them. */
  readonly room: number;
}

/** Cheapest first. Ways that weights do not fit are none. */
export function offersFor(asked: Asked): readonly Offer[] {
  const { matrix, element, along, room } = asked;
  const columns = depthOf(matrix, element).columns / perStep(element);
  const half = asked.sparse && keepsHalf(matrix, element);
  const extra = asked.sparse && !half && fitsExtra(matrix, element);
  const extraSteps = extraDepth(matrix, element).columns / perStep(element);
  const found = tiles.flatMap((tile): readonly Offer[] => {
    const down = Math.ceil(matrix.rows / tile.rows);
    const whole = layerOf(asked, down * columns, columns, 1);
    const offer = (way: Way, layer: Layer, m?: number): readonly Offer[] =>
      !takesTile(way, tile) || sharedBytes(way, tile, element, along) > room
        ? []
        : [{ way, tile, estimate: bestSplit(way, tile, element, along, layer), ...(m !== undefined && { m }) }];
    return [
      ...offer('dense', whole),
      ...(half ? offer('sparse', whole) : []),
      ...(extra ? offer('extra', layerOf(asked, down * extraSteps, extraSteps, 1)) : []),
      ...blockOffers(asked, tile, offer),
      ...gatheredOffers(asked, tile, offer),
    ];
  });
  return found.sort((a, b) => a.estimate.ns - b.estimate.ns);
}

type Make = (way: Way, layer: Layer, m?: number) => readonly Offer[];

const layerOf = ({ matrix, pixels, bytes }: Asked, steps: number, longest: number, live: number): Layer => ({
  ...{ rows: matrix.rows, pixels, steps, longest, live, bytes },
});

/** Whether no group has more weights than sparse tensor cores take. Groups begin anew with each tap. */
export function keepsHalf(matrix: Matrix, { group }: Element): boolean {
  const live = liveness(matrix);
  const { run } = matrix;
  for (let start = 0; start < live.length; start += run)
    for (let first = start; first < start + run; first += group) {
      let count = 0;
      for (let c = first; c < Math.min(first + group, start + run); c++) count += live[c];
      if (count > group / 2) return false;
    }
  return true;
}

/** Rows of a tile, and bytes of a row, that are left out or not. */
export const tileRows = 16;
export const segmentBytes = 32;

/** Only where a fourth or more of all tiles can be left out. */
export const mostLive = 0.75;

function blockOffers(asked: Asked, tile: Tile, offer: Make): readonly Offer[] {
  const { matrix, element } = asked;
  const depth = depthOf(matrix, element, segmentBytes / element.bytes);
  const live = tilesThatLive(matrix, depth, element);
  const perBlock = tile.rows / tileRows;
  const [down, segments] = [Math.ceil(live.length / perBlock), live[0].length];
  const steps = Array.from({ length: down }, (_, block) => {
    const own = live.slice(block * perBlock, (block + 1) * perBlock);
    let count = 0;
    for (let s = 0; s < segments; s++) if (own.some((row) => row[s] === 1)) count++;
    return Math.ceil(count / 4);
  });
  const all = steps.reduce((sum, n) => sum + n, 0);
  const kept = live.reduce((sum, row) => sum + row.reduce((n, one) => n + one, 0), 0);
  const whole = (live.length * depthOf(matrix, element).columns * element.bytes) / segmentBytes;
  if (kept >= mostLive * whole || all === 0) return [];
  return offer('blocks', layerOf(asked, all, Math.max(...steps), kept / (4 * all * perBlock)));
}

/** A line for each 16 rows, with 1 for each segment in which they have a weight. */
function tilesThatLive(matrix: Matrix, { padded, columns }: Depth, element: Element): readonly Uint8Array[] {
  const inSegment = segmentBytes / element.bytes;
  const live = liveness(matrix);
  const lines = Array.from({ length: Math.ceil(matrix.rows / tileRows) }, () => new Uint8Array(columns / inSegment));
  const { run } = matrix;
  for (let row = 0; row < matrix.rows; row++) {
    const line = lines[Math.floor(row / tileRows)];
    for (let c = 0; c < matrix.columns; c++)
      if (live[row * matrix.columns + c] === 1)
        line[Math.floor((Math.floor(c / run) * padded + (c % run)) / inSegment)] = 1;
  }
  return lines;
}

/** Only where rows are at most half full: 2:4 alone does as much otherwise. */
function gatheredOffers(asked: Asked, tile: Tile, offer: Make): readonly Offer[] {
  const { matrix, element } = asked;
  if (!asked.plain || !asked.sparse || element.bytes !== 2) return [];
  const m = groupSizes.find((size) => typeof liveFours(matrix, tile.rows, size) !== 'string');
  if (m === undefined) return [];
  const steps = Math.ceil((4 * matrix.columns) / m / perStep(element));
  return offer('gathered', layerOf(asked, steps * Math.ceil(matrix.rows / tile.rows), steps, 1), m);
}
