/** What layers off the tensor cores are bound by, from their shapes and from what a format costs, packing nothing. */
import { bitsOf, codeIn } from '../../../src/formats/codes.ts';
import type { Work } from '../../../src/target.ts';
import { elements, pictureOf } from '../../../src/tensor/type.ts';
import { heightOf } from '../../gpu/storage.ts';
import type { PlanesLayer } from './layer.ts';
import { planesLayer } from './layer.ts';
import type { Bound } from './machine.ts';
import { large } from './machine.ts';
import { boundOf, shapeOf, togetherOrNot } from './shape.ts';
import { tileBound, tilesOf } from './tiles.ts';
import { fewVectors, isWorthBits, mostNumbers, piecesOf } from './vector.ts';

/**
 * Launches, bytes between the GPU and its memory, and cycles in which processors load from shared memory, issue instructions, read from the
 * second cache or wait for what they have begun. All but launches go on beside each other: what takes longest is counted, and copies.
 */
export type OffThing = Bound['by'] | 'call' | 'memory';

export const offFamilies = ['depthwise', 'dense vectors', 'dense tiles', 'sparse vectors', 'sparse windows'] as const;
export type OffFamily = (typeof offFamilies)[number];

export interface OffCounted {
  readonly family: OffFamily;
  readonly counts: Readonly<Partial<Record<OffThing, number>>>;
  /** Blocks, and how full they make multiprocessors. */
  readonly detail?: string;
}

/** Undefined for layers that have no kernel. */
export function offCounts(work: Work): OffCounted | undefined {
  const { call, types, encoding } = work;
  const isReal = types.weights.dtype === 'f32' && types.x.dtype === 'f32' && encoding.format !== 'smartdeal';
  if (!isReal || (call.op.kind !== 'conv2d' && call.op.kind !== 'linear')) return undefined;
  if (call.op.kind === 'conv2d' && call.op.groups === types.x.shape[3] && types.weights.shape[3] === 1)
    return { family: 'depthwise', counts: filtered(work) };
  const isDense = encoding.format === 'dense';
  const vectors = vectorsIn(work);
  const isSmall = isDense || types.x.shape[types.x.shape.length - 1] <= mostNumbers;
  if (vectors <= fewVectors && isSmall)
    return { family: isDense ? 'dense vectors' : 'sparse vectors', counts: vectorCounts(work, vectors) };
  const layer = planesLayer(call, types);
  if (typeof layer === 'string') return undefined;
  return isDense ? tiled(work, layer) : windowed(work, layer);
}

/** Infinity where pictures are read. */
function vectorsIn({ call, types: { x, weights } }: Work): number {
  const size = x.shape[x.shape.length - 1];
  const isPixel =
    call.op.kind === 'conv2d' && elements(x.shape.slice(1, 3)) * elements(call.type.shape.slice(1, 3)) === 1;
  const isWhole = elements(weights.shape) === size * weights.shape[0];
  return isWhole && (call.op.kind === 'linear' || isPixel) ? elements(x.shape) / size : Infinity;
}

function tiled(work: Work, layer: PlanesLayer): OffCounted {
  const { planes, images, groups } = layer;
  const { rows: all, columns } = sizesOf(work);
  const tiled = { planes, images, groups, rows: all / groups, columns };
  const tiles = tilesOf(tiled);
  const parts = tiles.splits > 1 ? 8 * tiles.splits * elements(work.call.type.shape) : 0;
  const bound = tileBound(tiled, tiles);
  const counts = bounded(work, layer, bound, (all * columns * bitsIn(work)) / 8, parts);
  return { family: 'dense tiles', counts, detail: told(bound) };
}

function windowed(work: Work, layer: PlanesLayer): OffCounted | undefined {
  const { planes, images, groups } = layer;
  const { multiplies } = work.cost;
  const height = heightOf(work.encoding);
  const bits = bitsIn(work);
  const bands = Math.ceil(sizesOf(work).rows / groups / height);
  const places = multiplies / height / bands / groups;
  const shared = togetherOrNot({ planes, images, groups, height, bands, places, bits });
  const shape = shapeOf(shared);
  if (!shape) return undefined;
  const bytes = multiplies * (bits / 8 + 2 / shared.height);
  const bound = boundOf(shared, shape);
  return { family: 'sparse windows', counts: bounded(work, layer, bound, bytes, 0), detail: told(bound) };
}

const told = ({ blocks, resident, occupancy }: Bound): string =>
  `${blocks} blocks, room for ${resident} a multiprocessor, ${Math.round(100 * occupancy)} % of its threads`;

/** `parts`: bytes of sums that are put together by one more launch. */
function bounded(
  work: Work,
  { planes, images, groups }: PlanesLayer,
  { by, cycles }: Bound,
  weights: number,
  parts: number,
) {
  const copied = planes.isOwn ? 0 : 4 * (elements(work.types.x.shape) + images * groups * planes.count * planes.size);
  const call = 1 + (planes.isOwn ? 0 : 1) + (parts > 0 ? 1 : 0);
  return longest(call, copied + parts, moved(work) + weights, by, cycles);
}

/** Rows of weights go by once for each vector; a warp adds up some places of one, and then what its lanes have. */
function vectorCounts(work: Work, vectors: number): OffCounted['counts'] {
  const { encoding, cost } = work;
  const { rows, columns } = sizesOf(work);
  const isDense = encoding.format === 'dense';
  const kept = isDense ? rows * columns : cost.multiplies;
  const height = isDense ? 1 : heightOf(encoding);
  const asBits = !isDense && height === 1 && isWorthBits(columns, kept / rows);
  const places = isDense ? 0 : asBits ? (rows * columns) / 8 : (2 * kept) / height;
  const bands = rows / height;
  const turns = kept / rows / 128 / piecesOf(bands, kept / rows);
  const loads = (vectors * (kept / height) * gathered) / 32 / large.processors;
  const cycles = fixedCycles + turns * waited;
  const by = loads > cycles ? 'shared memory' : 'waiting';
  return longest(1, 0, moved(work) + kept * (bitsIn(work) / 8) + places, by, Math.max(loads, cycles));
}

/** Of lanes that read anywhere, so many meet in one bank. */
const gathered = 3.5;

/** Cycles of a block that has next to nothing to do, and of a warp that waits for 128 weights. */
const fixedCycles = 2500;
const waited = 150;

function filtered(work: Work): OffCounted['counts'] {
  const { pixels, images, channels } = pictureOf(work.call.type.shape);
  const { columns } = sizesOf(work);
  // Each product is a load that is tested for the border, less what pixels below each other share.
  const cycles = fixedCycles + (images * channels * pixels * columns * 5) / 32 / large.issues / large.processors;
  return longest(1, 0, moved(work) + 4 * channels * columns, 'instructions', cycles);
}

function longest(call: number, copied: number, bytes: number, by: Bound['by'], cycles: number): OffCounted['counts'] {
  const isMemory = bytes / large.memory / large.processors > cycles;
  return { call, memory: copied + (isMemory ? bytes : 0), ...(!isMemory && { [by]: cycles }) };
}

const sizesOf = ({ types: { weights } }: Work) => ({
  rows: weights.shape[0],
  columns: elements(weights.shape) / weights.shape[0],
});

const moved = ({ call, types }: Work): number => 4 * (elements(types.x.shape) + elements(call.type.shape));

/** Of a value: whether f16 holds them all is not known here. */
function bitsIn({ encoding }: Work): number {
  const code = codeIn(encoding.params);
  return code ? (bitsOf(code) <= 4 ? 4 : 8) : 32;
}
