/** The launches of a layer on tensor cores: what is multiplied is made of x, products, and the sum of their parts where blocks share steps. */
import type { Argument, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import { dense } from '../../../src/tensor/type.ts';
import type { Ending } from '../ending.ts';
import { callOf } from '../kernel.ts';
import type { BlocksPacking } from './blocks-packing.ts';
import { packBlocks } from './blocks-packing.ts';
import type { Element } from './elements.ts';
import { perPiece } from './elements.ts';
import { packGathered } from './gathered.ts';
import type { TensorLayer } from './layer.ts';
import { addParts } from './narrowing.ts';
import type { Packing } from './packing.ts';
import { packDense, packExtra, packSparse } from './packing.ts';
import type { Gather } from './planes.ts';
import type { Finish } from './product.ts';
import { productRoutine, productTold } from './product.ts';
import type { Least } from './size.ts';
import { sizesOf } from './size.ts';
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
    const best = choose(offersFor({ ...common, matrix: layer.matrix, size: sizes[i], element }), isDense);
    // Parts of sums lie as results do, which phases of pixels share.
    const offer = best && layers.length > 1 ? { ...best, estimate: { ...best.estimate, splits: 1 } } : best;
    if (!offer) return 'takes layers for which there is a tile';
    const packing = packed(layer, offer, element);
    if (typeof packing === 'string') return packing;
    calls.push(...callsOf(site, layer, offer, packing, { ending, element, making }));
  }
  return calls;
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

function callsOf(
  site: KernelSite,
  layer: TensorLayer,
  { way, tile, estimate: { splits } }: Offer,
  packing: Packed,
  {
    ending,
    element,
    making,
  }: { readonly ending: Ending; readonly element: Element; readonly making: Map<string, Made> },
): readonly RoutineCall[] {
  const gather = way === 'gathered' ? layer.gather : undefined;
  const key = [packing.depth.padded, ...(packing.depth.order ?? [])].join(' ');
  const known = gather ? undefined : making.get(key);
  const own = known ?? (gather ? planesOf(site, gather, packing, element) : piecesOf(site, layer, packing, element));
  if (!gather) making.set(key, own);
  const { x, pitch, list, made } = own;
  const goes = gather?.goes ?? layer.goes;
  const count = layer.goes.rows * layer.goes.pixels;
  const parts = splits > 1 ? site.scratch('parts', element.sum === 'int' ? 'i32' : 'f32', splits * count) : undefined;
  const finish = parts ? unfinished(element) : finishOf(ending, element);
  const routine = productRoutine({ way, tile, element, along: layer.along }, finish);
  const told = productTold(
    {
      ...{ x, pitch, ownList: packing.own, result: parts ?? site.result.array },
      weights: site.pack('weights', packing.weights).array,
      begins: site.pack('begins', packing.begins).array,
      list: site.pack(gather ? 'columns' : 'taps', some(list ?? packing.list)).array,
      starts: packing.starts && site.pack('starts', packing.starts).array,
      rowTiles: packing.rowTiles && site.pack('row-tiles', packing.rowTiles).array,
    },
    gather ? undefined : layer.reach,
    { ...goes, part: parts ? count : 0 },
    element.sum,
  );
  const { name, template, view, needs, threads, shared } = routine;
  const groups = [Math.ceil(goes.pixels / tile.pixels), Math.ceil(goes.rows / tile.rows), splits];
  const parameters = [...told, ...(parts ? [] : ending.parameters)];
  const product = callOf({ name, template, view, needs, parameters, groups, threads, shared });
  const before = known ? [] : [made];
  if (!parts) return [...before, product];
  const { rows, toRow } = goes;
  return [
    ...before,
    product,
    addParts({ parts, splits, count, rows, toRow, result: site.result.array }, ending, element),
  ];
}

interface Made {
  readonly x: Argument;
  readonly pitch: number;
  readonly made: RoutineCall;
  /** Where gathered columns are. */
  readonly list?: Int32Array<ArrayBuffer>;
}

function piecesOf(site: KernelSite, layer: TensorLayer, { depth }: Packed, element: Element): Made {
  const x = site.scratch('pieces', 'u32', (layer.xPixels * depth.padded * element.bytes) / 4);
  const order = depth.order && site.pack('channels', depth.order).array;
  return { x, pitch: depth.padded / perPiece(element), made: layer.pieces(x, depth.padded, order) };
}

function planesOf(site: KernelSite, { image, from }: Gather, { list }: Packed, element: Element): Made {
  const columns = [...new Set(list)].filter((column) => column >= 0).sort((a, b) => a - b);
  const { length, places, planes, make } = from(columns);
  const x = site.scratch('planes', 'u32', Math.max(1, (length * element.bytes) / 4));
  const made = make(x, planes && site.pack('planes', some(planes)).array);
  return { x, pitch: image, made, list: list.map((column) => places.get(column) ?? -1) };
}

/** Arrays are not empty. */
const some = (list: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => (list.length > 0 ? list : new Int32Array(3));

const finishOf = ({ kind, result, needs }: Ending, { sum }: Element): Finish => ({
  ...{ kind, needs, result: sum },
  text: result('sum', 'row', 'at'),
});

const unfinished = ({ sum }: Element): Finish => ({ kind: 'parts', text: 'sum', result: sum, needs: [] });
