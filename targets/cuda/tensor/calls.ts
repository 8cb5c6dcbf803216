/** The launches of a layer on tensor cores: what is multiplied is made of x, products, and the sum of their parts where blocks share steps. */
import { alignUp } from '../../../src/plan/arena.ts';
import type { Argument, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import { dense } from '../../../src/tensor/type.ts';
import type { Ending } from '../ending.ts';
import { callOf } from '../kernel.ts';
import type { BlocksPacking } from './blocks-packing.ts';
import { packBlocks } from './blocks-packing.ts';
import type { Element } from './elements.ts';
import { perPiece } from './elements.ts';
import { liveFours, packGathered } from './gathered.ts';
import type { TensorLayer } from './layer.ts';
import { addParts } from './narrowing.ts';
import type { Packing } from './packing.ts';
import { packDense, packExtra, packSparse } from './packing.ts';
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

function packed({ matrix, taps }: TensorLayer, { way, tile, m = 0 }: Offer, element: Element): Packed | string {
  if (way === 'dense') return packDense(matrix, tile.rows, element, taps);
  if (way === 'sparse') return packSparse(matrix, tile.rows, element, taps);
  if (way === 'extra') return packExtra(matrix, tile.rows, element, taps);
  if (way === 'blocks') return packBlocks(matrix, tile, element, taps);
  const fours = liveFours(matrix, tile.rows, m);
  return typeof fours === 'string' ? fours : packGathered(matrix, tile.rows, fours, element);
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
  const gathered = way === 'gathered';
  const key = gathered ? 'rows' : `${packing.depth.padded} ${packing.depth.order !== undefined}`;
  const known = making.get(key);
  const { x, pitch, made } =
    known ?? (gathered ? rowsOfPixels(site, layer, element) : piecesOfPixels(site, layer, packing, element));
  making.set(key, { x, pitch, made });
  const { goes } = layer;
  const count = goes.rows * goes.pixels;
  const parts = splits > 1 ? site.scratch('parts', element.sum === 'int' ? 'i32' : 'f32', splits * count) : undefined;
  const finish = parts ? unfinished(element) : finishOf(ending, element);
  const routine = productRoutine({ way, tile, element, along: layer.along }, finish);
  const told = productTold(
    {
      ...{ x, pitch, ownList: packing.own, result: parts ?? site.result.array },
      weights: site.pack('weights', packing.weights).array,
      begins: site.pack('begins', packing.begins).array,
      list: site.pack(gathered ? 'columns' : 'taps', packing.list.length > 0 ? packing.list : new Int32Array(2)).array,
      starts: packing.starts && site.pack('starts', packing.starts).array,
      rowTiles: packing.rowTiles && site.pack('row-tiles', packing.rowTiles).array,
    },
    gathered ? undefined : layer.reach,
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
}

function piecesOfPixels(site: KernelSite, layer: TensorLayer, { depth }: Packed, element: Element): Made {
  const x = site.scratch('pieces', 'u32', (layer.xPixels * depth.padded * element.bytes) / 4);
  const order = depth.order && site.pack('channels', depth.order).array;
  return { x, pitch: depth.padded / perPiece(element), made: layer.pieces(x, depth.padded, order) };
}

function rowsOfPixels(site: KernelSite, layer: TensorLayer, element: Element): Made {
  const padded = alignUp(layer.xPixels, perPiece(element));
  const x = site.scratch('pieces', 'u32', (layer.matrix.columns * padded * element.bytes) / 4);
  return { x, pitch: padded / perPiece(element), made: layer.rows(x, padded) };
}

const finishOf = ({ kind, result, needs }: Ending, { sum }: Element): Finish => ({
  ...{ kind, needs, result: sum },
  text: result('sum', 'row', 'at'),
});

const unfinished = ({ sum }: Element): Finish => ({ kind: 'parts', text: 'sum', result: sum, needs: [] });
