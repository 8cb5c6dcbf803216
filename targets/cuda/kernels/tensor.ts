/**
 * Convolutions and dense layers as products on tensor cores, in numbers of fewer bits: all weights, half of every few (2:4), whole
 * tiles, or what is left of columns that rows share (V:N:M). Which way is best is estimated; small layers of 2:4 weights stay dense.
 */
import { alignUp } from '../../../src/plan/arena.ts';
import type { Argument, Kernel, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Ending } from '../ending.ts';
import { endingOf } from '../ending.ts';
import { callOf } from '../kernel.ts';
import type { Element } from '../tensor/elements.ts';
import { perPiece } from '../tensor/elements.ts';
import { liveFours, packGathered } from '../tensor/gathered.ts';
import type { TensorLayer } from '../tensor/layer.ts';
import { tensorLayer } from '../tensor/layer.ts';
import { addParts } from '../tensor/narrowing.ts';
import type { Packing } from '../tensor/packing.ts';
import { packBlocks, packDense, packSparse } from '../tensor/packing.ts';
import type { Finish } from '../tensor/product.ts';
import { productRoutine, productTold } from '../tensor/product.ts';
import type { Offer } from '../tensor/ways.ts';
import { offersFor } from '../tensor/ways.ts';

/** What all devices that code is made for have. */
export interface Common {
  readonly sparse: boolean;
  /** Bytes of shared memory that a block can have. */
  readonly room: number;
}

/** `choose`: the best unless given. */
export const tensorKernel = (
  element: Element,
  { sparse, room }: Common,
  choose: (offers: readonly Offer[]) => Offer | undefined = (offers) => offers[0],
): Kernel => ({
  name: 'tensor',
  doc: `products on tensor cores, in ${element.name}`,

  match(site) {
    const layer = tensorLayer(site, element);
    if (typeof layer === 'string') return layer;
    const { matrix, along, bytes, plain, goes } = layer;
    const offers = offersFor({ matrix, element, along, bytes, plain, sparse, room, pixels: goes.pixels });
    const offer = choose(offers);
    if (!offer) return 'takes layers for which there is a tile';
    const packing = packed(layer, offer, element);
    return typeof packing === 'string' ? packing : { calls: callsOf(site, layer, offer, packing, element) };
  },
});

function packed({ matrix, taps }: TensorLayer, { way, tile, m = 0 }: Offer, element: Element): Packing | string {
  if (way === 'dense') return packDense(matrix, tile.rows, element, taps);
  if (way === 'sparse') return packSparse(matrix, tile.rows, element, taps);
  if (way === 'blocks') return packBlocks(matrix, tile.rows, element, taps);
  const fours = liveFours(matrix, tile.rows, m);
  return typeof fours === 'string' ? fours : packGathered(matrix, tile.rows, fours, element);
}

function callsOf(
  site: KernelSite,
  layer: TensorLayer,
  { way, tile, estimate: { splits } }: Offer,
  packing: Packing,
  element: Element,
): readonly RoutineCall[] {
  const ending = endingOf(site);
  const gathered = way === 'gathered';
  const { x, pitch, made } = gathered
    ? rowsOfPixels(site, layer, element)
    : piecesOfPixels(site, layer, packing, element);
  const { goes } = layer;
  const count = goes.rows * goes.pixels;
  const parts = splits > 1 ? site.scratch('parts', 'f32', splits * count) : undefined;
  const finish = parts ? unfinished : finishOf(ending);
  const routine = productRoutine({ way, tile, element, along: layer.along }, finish);
  const told = productTold(
    {
      ...{ x, pitch, ownList: packing.own, result: parts ?? site.result.array },
      weights: site.pack('weights', packing.weights).array,
      begins: site.pack('begins', packing.begins).array,
      list: site.pack(gathered ? 'columns' : 'taps', packing.list.length > 0 ? packing.list : new Int32Array(2)).array,
    },
    gathered ? undefined : layer.reach,
    { ...goes, part: parts ? count : 0 },
    'float',
  );
  const { name, template, view, needs, threads, shared } = routine;
  const groups = [Math.ceil(goes.pixels / tile.pixels), Math.ceil(goes.rows / tile.rows), splits];
  const parameters = [...told, ...(parts ? [] : ending.parameters)];
  const product = callOf({ name, template, view, needs, parameters, groups, threads, shared });
  if (!parts) return [made, product];
  const { rows, toRow } = goes;
  return [made, product, addParts({ parts, splits, count, rows, toRow, result: site.result.array }, ending)];
}

interface Made {
  readonly x: Argument;
  readonly pitch: number;
  readonly made: RoutineCall;
}

function piecesOfPixels(site: KernelSite, layer: TensorLayer, { depth }: Packing, element: Element): Made {
  const x = site.scratch('pieces', 'u32', (layer.xPixels * depth.padded * element.bytes) / 4);
  return { x, pitch: depth.padded / perPiece(element), made: layer.pieces(x, depth.padded) };
}

function rowsOfPixels(site: KernelSite, layer: TensorLayer, element: Element): Made {
  const padded = alignUp(layer.xPixels, perPiece(element));
  const x = site.scratch('pieces', 'u32', (layer.matrix.columns * padded * element.bytes) / 4);
  return { x, pitch: padded / perPiece(element), made: layer.rows(x, padded) };
}

const finishOf = ({ kind, result, needs }: Ending): Finish => ({
  ...{ kind, needs, result: 'float' },
  text: result('sum', 'row', 'at'),
});

const unfinished: Finish = { kind: 'parts', text: 'sum', result: 'float', needs: [] };
