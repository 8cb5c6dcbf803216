/** What layers off the tensor cores are bound by, from their shapes and from what a format costs, packing nothing. */
import { bitsOf, codeIn } from '../../../src/formats/codes.ts';
import type { Call } from '../../../src/graph/graph.ts';
import type { Use } from '../../../src/plan/rates.ts';
import type { Work } from '../../../src/target.ts';
import { elements, pictureOf } from '../../../src/tensor/type.ts';
import { heightOf } from '../../gpu/storage.ts';
import type { Device } from '../devices.ts';
import { memoryPerClock } from '../devices.ts';
import type { PlanesLayer } from './layer.ts';
import { planesLayer } from './layer.ts';
import type { Bound } from './machine.ts';
import { boundOf, shapeOf, togetherOrNot } from './shape.ts';
import { tileBound, tilesOf } from './tiles.ts';
import { blocksOf, fewVectors, isWorthBits, mostNumbers, piecesOf, warpsOf } from './vector.ts';

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
  readonly use: Use;
}

/** Of calls that were asked about: many formats keep as many weights. */
const known = new WeakMap<Call, Map<string, OffCounted | undefined>>();

/** Undefined for layers that have no kernel. */
export function offCounts(work: Work, device: Device): OffCounted | undefined {
  const { call, types, encoding, cost } = work;
  const key = [
    ...[device.name, device.processors, types.weights.dtype, types.x.dtype, types.weights.shape, types.x.shape],
    ...[
      encoding.format === 'dense',
      encoding.format === 'smartdeal',
      heightOf(encoding),
      bitsIn(work),
      cost.multiplies,
    ],
  ].join();
  const before = known.get(call) ?? new Map<string, OffCounted | undefined>();
  if (before.has(key)) return before.get(key);
  const counted = findCounts(work, device);
  known.set(call, before.set(key, counted));
  return counted;
}

function findCounts(work: Work, device: Device): OffCounted | undefined {
  const { call, types, encoding } = work;
  const isReal = types.weights.dtype === 'f32' && types.x.dtype === 'f32' && encoding.format !== 'smartdeal';
  if (!isReal || (call.op.kind !== 'conv2d' && call.op.kind !== 'linear')) return undefined;
  if (call.op.kind === 'conv2d' && call.op.groups === types.x.shape[3] && types.weights.shape[3] === 1)
    return { family: 'depthwise', ...filtered(work, device) };
  const isDense = encoding.format === 'dense';
  const vectors = vectorsIn(work);
  const isSmall = isDense || types.x.shape[types.x.shape.length - 1] <= mostNumbers;
  if (vectors <= fewVectors && isSmall)
    return { family: isDense ? 'dense vectors' : 'sparse vectors', ...vectorCounts(work, vectors, device) };
  const layer = planesLayer(call, types);
  if (typeof layer === 'string') return undefined;
  return isDense ? tiled(work, layer, device) : windowed(work, layer, device);
}

/** Infinity where pictures are read. */
function vectorsIn({ call, types: { x, weights } }: Work): number {
  const size = x.shape[x.shape.length - 1];
  const isPixel =
    call.op.kind === 'conv2d' && elements(x.shape.slice(1, 3)) * elements(call.type.shape.slice(1, 3)) === 1;
  const isWhole = elements(weights.shape) === size * weights.shape[0];
  return isWhole && (call.op.kind === 'linear' || isPixel) ? elements(x.shape) / size : Infinity;
}

function tiled(work: Work, layer: PlanesLayer, device: Device): OffCounted {
  const { planes, images, groups } = layer;
  const { rows: all, columns } = sizesOf(work);
  const sizes = { planes, images, groups, rows: all / groups, columns };
  const tiles = tilesOf(sizes, device);
  const parts = tiles.splits > 1 ? 8 * tiles.splits * elements(work.call.type.shape) : 0;
  const weights = (all * columns * bitsIn(work)) / 8;
  const own = { tile: `${tiles.rows}x${tiles.places}`, ...(tiles.splits > 1 && { splits: tiles.splits }) };
  return {
    family: 'dense tiles',
    ...bounded(work, layer, tileBound(sizes, tiles, device), { weights, parts, own }, device),
  };
}

function windowed(work: Work, layer: PlanesLayer, device: Device): OffCounted | undefined {
  const { planes, images, groups } = layer;
  const { multiplies } = work.cost;
  const height = heightOf(work.encoding);
  const bits = bitsIn(work);
  const bands = Math.ceil(sizesOf(work).rows / groups / height);
  const places = multiplies / height / bands / groups;
  const shared = togetherOrNot({ planes, images, groups, height, bands, places, bits }, device);
  const shape = shapeOf(shared, device);
  if (!shape) return undefined;
  const weights = multiplies * (bits / 8 + 2 / shared.height);
  const own = { tile: `${shape.warps * shape.bands * shared.height}x${32 * shape.spans}` };
  return {
    family: 'sparse windows',
    ...bounded(work, layer, boundOf(shared, shape, device), { weights, parts: 0, own }, device),
  };
}

type Measured = Pick<OffCounted, 'counts' | 'use'>;

interface Moved {
  /** Bytes of weights, and of sums that are put together by one more launch. */
  readonly weights: number;
  readonly parts: number;
  readonly own: Partial<Use>;
}

function bounded(
  work: Work,
  { planes, images, groups }: PlanesLayer,
  { by, cycles, ...use }: Bound,
  { weights, parts, own }: Moved,
  device: Device,
): Measured {
  const copied = planes.isOwn ? 0 : 4 * (elements(work.types.x.shape) + images * groups * planes.count * planes.size);
  const call = 1 + (planes.isOwn ? 0 : 1) + (parts > 0 ? 1 : 0);
  const bytes = moved(work) + weights;
  return {
    counts: longest(call, copied + parts, bytes, by, cycles, device),
    use: { ...own, ...use, bytes: bytes + copied + parts },
  };
}

/** Rows of weights go by once for each vector; a warp adds up some places of one, and then what its lanes have. */
function vectorCounts(work: Work, vectors: number, device: Device): Measured {
  const { encoding, cost } = work;
  const { rows, columns } = sizesOf(work);
  const isDense = encoding.format === 'dense';
  const kept = isDense ? rows * columns : cost.multiplies;
  const height = isDense ? 1 : heightOf(encoding);
  const asBits = !isDense && height === 1 && isWorthBits(columns, kept / rows);
  const places = isDense ? 0 : asBits ? (rows * columns) / 8 : (2 * kept) / height;
  const bands = rows / height;
  const pieces = piecesOf(bands, kept / rows, device);
  const turns = kept / rows / 128 / pieces;
  const loads = (vectors * (kept / height) * gathered) / 32 / device.processors;
  const cycles = fixedCycles + turns * waited;
  const by = loads > cycles ? 'shared memory' : 'waiting';
  const bytes = moved(work) + kept * (bitsIn(work) / 8) + places;
  const blocks = vectors * (isDense ? Math.ceil((rows * pieces) / warpsOf) : blocksOf(bands, pieces, device));
  return {
    counts: longest(1, 0, bytes, by, Math.max(loads, cycles), device),
    use: { ...held(blocks, 32 * warpsOf, isDense ? 0 : 4 * columns, device), bytes },
  };
}

/** Blocks of so many threads, which take no more registers than let a multiprocessor be full. */
function held(blocks: number, threads: number, shared: number, device: Device): Omit<Use, 'bytes'> {
  const room = [device.blocks, device.threads / threads, device.shared / (shared + device.perBlock)];
  const resident = Math.floor(Math.min(...room));
  const busy = Math.min(resident, blocks / device.processors);
  return { blocks, resident, occupancy: (busy * threads) / device.threads, ...(shared > 0 && { shared }) };
}

/** Of lanes that read anywhere, so many meet in one bank. */
const gathered = 3.5;

/** Cycles of a block that has next to nothing to do, and of a warp that waits for 128 weights. */
const fixedCycles = 2500;
const waited = 150;

function filtered(work: Work, device: Device): Measured {
  const { pixels, images, channels } = pictureOf(work.call.type.shape);
  const { columns } = sizesOf(work);
  const results = images * channels * pixels;
  // Each product is a load that is tested for the border, less what pixels below each other share.
  const cycles = fixedCycles + (results * columns * 5) / 32 / device.issues / device.processors;
  const bytes = moved(work) + 4 * channels * columns;
  return {
    counts: longest(1, 0, bytes, 'instructions', cycles, device),
    use: { ...held(Math.ceil(results / 256), 256, 0, device), bytes },
  };
}

function longest(
  call: number,
  copied: number,
  bytes: number,
  by: Bound['by'],
  cycles: number,
  device: Device,
): OffCounted['counts'] {
  const isMemory = bytes / memoryPerClock(device) / device.processors > cycles;
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
