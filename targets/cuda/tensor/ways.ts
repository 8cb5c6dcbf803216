/** The ways in which a layer's weights can be multiplied on tensor cores, with what each takes; the best is taken. */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { liveness } from '../../../src/tensor/matrix.ts';
import type { Setting } from '../rates/rates.ts';
import { arrange } from './blocks-arrange.ts';
import { countsOfBands } from './blocks-counts.ts';
import type { LiveTiles } from './blocks-live.ts';
import { countBits, liveTiles } from './blocks-live.ts';
import { depthOf, orderedDepth } from './depth.ts';
import type { Element } from './elements.ts';
import { perStep } from './elements.ts';
import type { Estimate, Layer } from './estimate.ts';
import { bestSplit } from './estimate.ts';
import { extraDepth, fitsExtra } from './extra.ts';
import { foursOf } from './gathered.ts';
import { channelOrder } from './permuted.ts';
import type { Size } from './size.ts';
import type { Tile, Way } from './tiles.ts';
import { blockTiles, isForBlocks, sharedBytes, tiles } from './tiles.ts';

type Fours = readonly Int32Array<ArrayBuffer>[];

export interface Offer {
  readonly way: Way;
  readonly tile: Tile;
  readonly estimate: Estimate;
  /** Of columns that are gathered, those of each block of rows. */
  readonly fours?: Fours;
  /** Of weights that are 2:4 so, where channels are. */
  readonly order?: Int32Array<ArrayBuffer>;
}

export interface Asked extends Common {
  readonly matrix: Matrix;
  readonly size: Pick<Size, 'pixels' | 'along' | 'gather' | 'bytes' | 'before' | 'taps'>;
  readonly element: Element;
}

/** What all devices have that code is made for, and what is estimated by. */
export interface Common {
  /** Whether they have sparse tensor cores. */
  readonly sparse: boolean;
  /** Bytes of shared memory that a block can have. */
  readonly room: number;
  readonly setting: Setting;
}

/** Of weights that were asked about: every format of a layer is, and then the kernel. */
const known = new WeakMap<Float32Array, { readonly asked: Asked; readonly offers: readonly Offer[] }[]>();

/** Cheapest first. Ways that weights do not fit are none. */
export function offersFor(asked: Asked): readonly Offer[] {
  const before = known.get(asked.matrix.data) ?? [];
  const same = before.find((one) => areAlike(one.asked, asked));
  if (same) return same.offers;
  const offers = findOffers(asked);
  known.set(asked.matrix.data, [...before.slice(-mostKnown), { asked, offers }]);
  return offers;
}

/** Of the same weights: layers that share them, in one or two element types. */
const mostKnown = 8;

const areAlike = (a: Asked, b: Asked): boolean =>
  (['run', 'columns', 'mask'] as const).every((key) => a.matrix[key] === b.matrix[key]) &&
  (['element', 'sparse', 'room', 'setting'] as const).every((key) => a[key] === b[key]) &&
  JSON.stringify(a.size) === JSON.stringify(b.size);

function findOffers(asked: Asked): readonly Offer[] {
  const { matrix, element } = asked;
  const columns = depthOf(matrix, element).columns / perStep(element);
  const half = asked.sparse && keepsHalf(matrix, element);
  const extra = asked.sparse && !half && fitsExtra(matrix, element);
  const extraSteps = extraDepth(matrix, element).columns / perStep(element);
  const order = asked.sparse && !half ? channelOrder(matrix, element) : undefined;
  const orderedSteps = order ? orderedDepth(matrix, element, order).columns / perStep(element) : 0;
  const live = liveTiles(matrix, element);
  const fours = foursFor(asked);
  return offersIn(asked, (tile, offer) => {
    if (isForBlocks(tile)) return blockOffers(asked, live, tile, offer);
    const down = Math.ceil(matrix.rows / tile.rows);
    const whole = layerOf(asked, down * columns, columns, 1);
    return [
      ...offer('dense', whole),
      ...(half ? offer('sparse', whole) : []),
      ...(order ? offer('sparse', layerOf(asked, down * orderedSteps, orderedSteps, 1), { order }) : []),
      ...(extra ? offer('extra', layerOf(asked, down * extraSteps, extraSteps, 1)) : []),
      ...gatheredOffers(asked, fours?.(tile.rows), offer),
    ];
  });
}

/** In every tile that there is room for. */
export function offersIn(
  { size: { along }, element, room, setting }: Pick<Asked, 'size' | 'element' | 'room' | 'setting'>,
  inTile: (tile: Tile, offer: Make) => readonly Offer[],
): readonly Offer[] {
  const fits = (way: Way, tile: Tile): boolean => sharedBytes(way, tile, element, along) <= room;
  const make =
    (tile: Tile): Make =>
    (way, layer, more) =>
      fits(way, tile) ? [{ way, tile, estimate: bestSplit(way, tile, element, along, layer, setting), ...more }] : [];
  const all = [...tiles, ...blockTiles.filter((tile) => fits('blocks', tile))];
  return all.flatMap((tile) => inTile(tile, make(tile))).sort((a, b) => a.estimate.ns - b.estimate.ns);
}

export type Make = (way: Way, layer: Layer, more?: Pick<Offer, 'fours' | 'order'>) => readonly Offer[];

const layerOf = ({ matrix, size }: Asked, steps: number, longest: number, live: number): Layer => ({
  ...{ rows: matrix.rows, columns: matrix.columns, pixels: size.pixels, steps, longest, live },
  ...{ bytes: size.bytes, before: size.before, alone: size.taps !== undefined },
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

/** Where more than half of all weights are there nothing is gained. */
const fullest = 0.5;

/** Columns for blocks of so many rows, where they can be gathered: 16 bits each, as `ldmatrix` turns them. */
function foursFor({ matrix, element, size, sparse }: Asked): ((rows: number) => Fours) | undefined {
  if (!size.gather || !sparse || element.bytes !== 2) return undefined;
  const live = liveness(matrix).reduce((sum, one) => sum + one, 0);
  if (live === 0 || live > fullest * matrix.data.length) return undefined;
  const found = new Map<number, Fours>();
  return (rows) => {
    const fours = found.get(rows) ?? foursOf(matrix, rows);
    found.set(rows, fours);
    return fours;
  };
}

function gatheredOffers(asked: Asked, fours: Fours | undefined, offer: Make): readonly Offer[] {
  const { size, element } = asked;
  if (!size.gather || !fours) return [];
  const steps = fours.map(({ length }) => Math.ceil(length / perStep(element)));
  const all = steps.reduce((sum, n) => sum + n, 0);
  return offer('gathered', layerOf({ ...asked, size: { ...size, ...size.gather } }, all, Math.max(...steps), 1), {
    fours,
  });
}
