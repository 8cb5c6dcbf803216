/** The launches of a layer on tensor cores: what is multiplied is made of x where it does not lie so, and products. */
import type { Argument, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import { dense } from '../../../src/tensor/type.ts';
import type { Ending } from '../ending.ts';
import { callOf } from '../kernel.ts';
import type { BlocksPacking } from './blocks-packing.ts';
import { packBlocks } from './blocks-packing.ts';
import { pitchOf } from './depth.ts';
import type { Element } from './elements.ts';
import { perPiece } from './elements.ts';
import { packGathered } from './gathered.ts';
import type { TensorLayer } from './layer.ts';
import type { Packing } from './packing.ts';
import { packDense, packExtra, packSparse } from './packing.ts';
import type { Gather } from './planes.ts';
import { productRoutine, productTold } from './product.ts';
import type { Least } from './size.ts';
import { sizesOf } from './size.ts';
import { storePieces, storeWide } from './storing.ts';
import type { Tile } from './tiles.ts';
import type { Common, Offer } from './ways.ts';
import { offersFor } from './ways.ts';

/** One of several ways, for weights that are stored dense or not. */
export type Choose = (offers: readonly Offer[], isDense: boolean) => Offer | undefined;

/**
 * The best, unless a test wants another: of weights that are stored dense that with all of them, and of others the best that leaves some out, if
 * any does. Formats are priced by it as well.
 */
export const best: Choose = (offers, isDense) =>
  (isDense ? undefined : offers.find(({ way }) => way !== 'dense')) ?? offers.find(({ way }) => way === 'dense');

interface Making {
  readonly element: Element;
  readonly common: Common;
  readonly choose: Choose;
  readonly least?: Least;
}

/** Or why there are none. */
export function callsFor(
  site: KernelSite,
  layers: readonly TensorLayer[],
  ending: Ending,
  { element, common, choose, least }: Making,
): readonly RoutineCall[] | string {
  const sizes = sizesOf(site.call, site.types, element, least);
  if (typeof sizes === 'string') return sizes;
  const isDense = site.types.weights.encoding.format === dense.format && sizes[0].groups === 1;
  const making = new Map<string, Made>();
  const calls: RoutineCall[] = [];
  for (const [i, layer] of layers.entries()) {
    const offers = offersFor({ ...common, matrix: layer.matrix, size: sizes[i], element });
    const chosen = packable(layer, offers, (left) => choose(left, isDense), element);
    if (typeof chosen === 'string') return chosen;
    calls.push(...callsOf(site, layer, chosen.offer, chosen.packing, { ending, element, making }));
  }
  return calls;
}

/** The first of what is chosen whose weights can be packed so. */
function packable(
  layer: TensorLayer,
  offers: readonly Offer[],
  choose: (offers: readonly Offer[]) => Offer | undefined,
  element: Element,
): { readonly offer: Offer; readonly packing: Packed } | string {
  let left = offers;
  let fault = 'takes layers for which there is a tile';
  for (let offer = choose(left); offer; offer = choose(left)) {
    const { way, tile } = offer;
    const packing = packed(layer, offer, element);
    if (typeof packing !== 'string') return { offer, packing };
    fault = packing;
    left = left.filter((other) => other.way !== way || other.tile !== tile);
  }
  return fault;
}

/** Whatever the way. */
type Packed = Omit<Packing, 'stepBytes'> & Partial<Pick<BlocksPacking, 'starts' | 'rowTiles'>>;

function packed(
  { matrix, taps }: TensorLayer,
  { way, tile, fours = [], order }: Offer,
  element: Element,
): Packed | string {
  if (way === 'dense') return packDense(matrix, tile.rows, element, taps);
  if (way === 'sparse') return packSparse(matrix, tile.rows, element, taps, order);
  if (way === 'extra') return packExtra(matrix, tile.rows, element, taps);
  if (way === 'blocks') return packBlocks(matrix, tile, element, taps);
  return packGathered(matrix, tile.rows, fours, element);
}

interface Computed {
  readonly ending: Ending;
  readonly element: Element;
  /** What was made of x for layers before. */
  readonly making: Map<string, Made>;
}

function callsOf(
  site: KernelSite,
  layer: TensorLayer,
  { way, tile, estimate: { splits } }: Offer,
  packing: Packed,
  { ending, element, making }: Computed,
): readonly RoutineCall[] {
  const gather = way === 'gathered' ? layer.gather : undefined;
  const key = [packing.depth.padded, ...(packing.depth.order ?? [])].join(' ');
  const known = gather ? undefined : making.get(key);
  const made =
    known ?? (gather ? planesOf(site, gather, packing, element) : piecesOfPixels(site, layer, packing, element));
  if (!gather) making.set(key, made);
  const goes = gather?.goes ?? layer.goes;
  const groups = [Math.ceil(goes.pixels / tile.pixels), Math.ceil(goes.rows / tile.rows), splits];
  const storing = layer.forms.to === 'pieces' ? storePieces(ending, element) : storeWide(ending, element);
  const parted = splits > 1;
  const routine = productRoutine({ way, tile, element, along: layer.along, parted }, storing);
  const told = productTold(
    {
      ...{ x: made.x, pitch: made.pitch, ownList: packing.own, result: site.result.array },
      weights: site.pack('weights', packing.weights).array,
      begins: site.pack('begins', packing.begins).array,
      list: site.pack(gather ? 'columns' : 'taps', some(made.list ?? packing.list)).array,
      starts: packing.starts && site.pack('starts', packing.starts).array,
      rowTiles: packing.rowTiles && site.pack('row-tiles', packing.rowTiles).array,
      parts: parted ? partsOf(site, tile, groups, element) : undefined,
    },
    gather ? undefined : layer.reach,
    goes,
    storing,
  );
  const product = callOf({ ...routine, parameters: [...told, ...ending.parameters], groups });
  return known ? [product] : [...made.calls, product];
}

/** Sums of each block, and of each that shares its steps; and a number for each block, which is 0 before a run and behind it. */
function partsOf(site: KernelSite, tile: Tile, [across, down, splits]: readonly number[], { sum }: Element) {
  const count = across * down * splits * tile.rows * tile.pixels;
  return {
    sums: site.scratch('parts', sum === 'int' ? 'i32' : 'f32', count),
    arrived: site.pack('arrived', new Int32Array(across * down)).array,
  };
}

interface Made {
  readonly x: Argument;
  readonly pitch: number;
  readonly calls: readonly RoutineCall[];
  /** Where gathered columns are. */
  readonly list?: Int32Array<ArrayBuffer>;
}

/** x itself where it lies so. */
export function piecesOfPixels(
  site: KernelSite,
  layer: TensorLayer,
  { depth }: Pick<Packed, 'depth'>,
  element: Element,
): Made {
  const pitch = pitchOf(depth, element);
  if (layer.forms.x === 'pieces' && !depth.order) return { x: site.arrays.x, pitch, calls: [] };
  const padded = pitch * perPiece(element);
  const x = site.scratch('pieces', 'u32', (layer.xPixels * padded * element.bytes) / 4);
  const order = depth.order && site.pack('channels', depth.order).array;
  return { x, pitch, calls: [layer.pieces(x, padded, order)] };
}

function planesOf(site: KernelSite, { image, from }: Gather, { list }: Packed, element: Element): Made {
  const columns = [...new Set(list)].filter((column) => column >= 0).sort((a, b) => a - b);
  const { length, places, planes, make } = from(columns);
  const x = site.scratch('planes', 'u32', Math.max(1, (length * element.bytes) / 4));
  const made = make(x, planes && site.pack('planes', some(planes)).array);
  return { x, pitch: image, calls: [made], list: list.map((column) => places.get(column) ?? -1) };
}

/** Arrays are not empty. */
const some = (list: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => (list.length > 0 ? list : new Int32Array(3));
