/**
 * How blocks of threads share a layer whose weights have places of their own, and what bounds them. Every place is one load from shared memory
 * for a warp's 32 pixels and as many products as a band has rows, so that rows by themselves are bound by shared memory at a quarter of
 * what multipliers can do, and bands of four by multipliers.
 */
import type { Height } from '../../gpu/storage.ts';
import type { Device } from '../devices.ts';
import { h100 } from '../devices.ts';
import type { Bound } from './machine.ts';
import { boundBy } from './machine.ts';
import type { Planes } from './planes.ts';

export interface Shape {
  readonly warps: number;
  /** Of a warp. */
  readonly bands: number;
  /** Times 32 places. */
  readonly spans: number;
  /** Planes of a chunk. */
  readonly depth: number;
  /** Of the window of a plane in shared memory, in 16 bytes. */
  readonly span: number;
}

export const slotsOf = ({ warps, bands }: Shape): number => warps * bands;

/** What is shared, of a layer. */
export interface Shared {
  readonly planes: Planes;
  readonly images: number;
  /** Of channels. */
  readonly groups: number;
  readonly height: Height;
  /** Of a group. */
  readonly bands: number;
  /** Of a band, on average. */
  readonly places: number;
  /** Of a value. */
  readonly bits: number;
}

/** Bytes of shared memory of a block, which Turing has as well. */
export const mostShared = 64 * 1024;

/** Of a thread, at most: nvcc is held to it. */
export const registersOf = ({ bands, spans }: Shape, height: Height): number =>
  Math.min(128, 72 + 2 * bands * spans * height);

/** Threads of a processor at least, so that each may have 128 registers: none spill then. */
export const enoughThreads = 512;

/** Sums of a thread, which are held in registers. */
const mostSums = 64;

/** The shape that is bound least. Undefined where a window of one plane is more than shared memory holds. */
export function shapeOf(shared: Shared, device: Device = h100): Shape | undefined {
  const all = [4, 8].flatMap((warps) =>
    [1, 2, 4, 8].flatMap((bands) =>
      [1, 2, 3, 4, 5, 6, 7, 8]
        .filter((spans) => bands * spans * shared.height <= mostSums)
        .flatMap((spans) => filled(shared, { warps, bands, spans }) ?? []),
    ),
  );
  const cycles = all.map((shape) => boundOf(shared, shape, device).cycles);
  return all[cycles.indexOf(Math.min(...cycles))];
}

/** Whether rows that share their places stay together: where bands are few, rows by themselves keep more of a GPU busy. */
export function togetherOrNot(shared: Shared, device: Device = h100): Shared {
  const apart: Shared = { ...shared, height: 1, bands: shared.bands * shared.height };
  const cycles = (own: Shared): number => {
    const shape = shapeOf(own, device);
    return shape ? boundOf(own, shape, device).cycles : Infinity;
  };
  return cycles(apart) < cycles(shared) ? apart : shared;
}

/** As many planes as shared memory holds, twice, in chunks that are about as long. */
function filled(shared: Shared, shape: Pick<Shape, 'warps' | 'bands' | 'spans'>): Shape | undefined {
  const { planes } = shared;
  const span = Math.ceil((32 * shape.spans + planes.reach) / 4);
  const inPlane =
    16 * span + (slotsOf({ ...shape, depth: 1, span }) * shared.places * bytesOfPlace(shared)) / planes.count;
  // Some records are longer than others.
  const most = Math.min(Math.floor((0.9 * mostShared) / 2 / inPlane), Math.floor(2 ** 14 / span), planes.count);
  if (most < 1) return undefined;
  return { ...shape, span, depth: Math.ceil(planes.count / Math.ceil(planes.count / most)) };
}

/** With a smaller chunk, for records that are longer than was thought. */
export const shallower = (shape: Shape): Shape | undefined =>
  shape.depth > 1 ? { ...shape, depth: Math.floor(shape.depth / 2) } : undefined;

const bytesOfPlace = ({ height, bits }: Shared): number => 2 + (height * bits) / 8;

export function boundOf(shared: Shared, shape: Shape, device: Device = h100): Bound {
  const { planes, images, groups, height, places, bits } = shared;
  const { warps, bands, spans, depth, span } = shape;
  const chunks = Math.ceil(planes.count / depth);
  const tiles = Math.ceil(planes.places / (32 * spans));
  const blocks = tiles * Math.ceil(shared.bands / slotsOf(shape)) * groups * images;
  // What fills up fours: half of three, on average.
  const fours = places / 4 + chunks * (places > 0 ? 3 / 8 : 0);
  const loads = warps * bands * fours * (4 * spans + 1 + height * Math.ceil(bits / 32));
  const made = 4 * spans * (height + 1) + 4 * height + 12;
  const issued = warps * bands * fours * made;
  const products = warps * bands * fours * 4 * spans * height;
  const bytes = 16 * span * planes.count + slotsOf(shape) * fours * 4 * bytesOfPlace(shared);
  const copied = (bytes / 16 / 32) * 6;
  const shares = {
    'shared memory': (loads + bytes / 128) / device.loads,
    instructions: Math.max((issued + copied) / device.issues, (32 * products) / device.lanes),
    cache: bytes / device.cache,
  };
  const alone = bands * fours * (2 * latency + made) + chunks * barrier + start;
  const used = {
    ...{ threads: 32 * warps, registers: registersOf(shape, height) },
    shared: 2 * stageBytes(shared, shape),
  };
  return boundBy({ blocks, shares, alone, ...used }, device);
}

/** Cycles until what was loaded from shared memory is there; in which a block waits for all of its threads and for what they copy; and until it begins. */
const latency = 30;
const barrier = 100;
const start = 1500;

/** Of a chunk and the records that go with it. */
export const stageBytes = (shared: Shared, shape: Shape): number =>
  16 * shape.span * shape.depth +
  (slotsOf(shape) * (shared.places / shared.planes.count) * shape.depth + 8) * bytesOfPlace(shared);
