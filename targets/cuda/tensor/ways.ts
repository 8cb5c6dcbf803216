/** The ways in which a layer's weights can be multiplied on tensor cores, with what each takes; the best is taken. */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { liveness } from '../../../src/tensor/matrix.ts';
import { arrange } from './blocks-arrange.ts';
import { countsOfBands } from './blocks-counts.ts';
import type { LiveTiles } from './blocks-live.ts';
import { countBits, liveTiles } from './blocks-live.ts';
import { depthOf } from './depth.ts';
import type { Element } from './elements.ts';
import { perStep } from './elements.ts';
import type { Estimate, Layer } from './estimate.ts';
import { bestSplit } from './estimate.ts';
import { extraDepth, fitsExtra } from './extra.ts';
import { groupSizes, liveFours } from './gathered.ts';
import type { Along, Tile, Way } from './tiles.ts';
import { blockTiles, sharedBytes, tiles } from './tiles.ts';

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
  const live = liveTiles(matrix, element);
  const fits = (way: Way) => (tile: Tile) => sharedBytes(way, tile, element, along) <= room;
  const offerIn =
    (tile: Tile): Make =>
    (way, layer, m) =>
      fits(way)(tile)
        ? [{ way, tile, estimate: bestSplit(way, tile, element, along, layer), ...(m !== undefined && { m }) }]
        : [];
  const found = [
    ...tiles.flatMap((tile) => {
      const offer = offerIn(tile);
      const down = Math.ceil(matrix.rows / tile.rows);
      return [
        ...offer('dense', layerOf(asked, down * columns, columns, 1)),
        ...(half ? offer('sparse', layerOf(asked, down * columns, columns, 1)) : []),
        ...(extra ? offer('extra', layerOf(asked, down * extraSteps, extraSteps, 1)) : []),
        ...gatheredOffers(asked, tile, offer),
      ];
    }),
    ...blockTiles.filter(fits('blocks')).flatMap((tile) => blockOffers(asked, live, tile, offerIn(tile))),
  ];
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

/** Only where a fourth or more of all tiles can be left out. */
export const mostLive = 0.75;

function blockOffers(asked: Asked, live: LiveTiles, tile: Tile, offer: Make): readonly Offer[] {
  const { lines, segments } = live;
  const kept = lines.reduce((sum, line) => sum + countBits(line), 0);
  if (kept >= mostLive * lines.length * segments) return [];
  const counts = countsOfBands(arrange(live, tile), live, tile);
  return offer('blocks', { ...layerOf(asked, counts.steps, counts.longest, counts.live), ...counts });
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
