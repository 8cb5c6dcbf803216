/** What the shaders of a layer do, counted: by shapes and by what the format of the weights costs, packing nothing. */
import { bitsOf, codeIn } from '../../src/formats/codes.ts';
import type { Counted } from '../../src/plan/rates.ts';
import type { Work } from '../../src/target.ts';
import { elements, pictureOf } from '../../src/tensor/type.ts';
import { groupSizes } from '../gpu/nm-places.ts';
import type { Height } from '../gpu/storage.ts';
import { heightOf } from '../gpu/storage.ts';
import { groupSize, lanesFor, pixelsEach } from './kernels/lanes.ts';
import { sharingOf } from './kernels/pixels.ts';

/**
 * Things that are counted, of all invocations together unless it says otherwise.
 *
 *     call      dispatches
 *     multiply  multiply-adds, those of lanes whose results nobody keeps among them
 *     turns     weights with places that are walked to: each is multiplied with all pixels of an invocation
 *     places    words of places that are read
 *     waiting   multiply-adds that lanes wait for while their neighbours, of rows with more places, do them
 *     serial    turns of the innermost loop that one invocation makes, one after the other
 *     weights   bytes of weights
 *     memory    bytes of pictures that are read and written, each once, and of copies with a border
 */
export type Thing = 'call' | 'multiply' | 'turns' | 'places' | 'waiting' | 'serial' | 'weights' | 'memory';

export type GpuCounts = Readonly<Partial<Record<Thing, number>>>;

/** A way to compute layers. A kernel is priced by one row of `ways`. */
interface Way {
  readonly family: string;
  readonly takes: (layer: Layer) => boolean;
  readonly counts: (layer: Layer) => GpuCounts;
}

/** What ways count from. */
interface Layer extends Work {
  /** Whether kernels take it: a convolution or dense layer of f32, its weights in a format of theirs. */
  readonly isReal: boolean;
  readonly groups: number;
  readonly images: number;
  /** Of the result, in each image. */
  readonly pixels: number;
  readonly rows: number;
  readonly columns: number;
  readonly taps: number;
  /** Columns of a tap. */
  readonly run: number;
  /** Words of places of a row, or of rows that share them. */
  readonly words: number;
  /** Bytes of a weight. */
  readonly bytes: number;
  readonly moved: Required<Pick<GpuCounts, 'call' | 'memory'>>;
}

/** The first that takes a layer counts it. A table of rates has all of them. */
const ways = [
  {
    family: 'depthwise',
    takes: ({ isReal, groups, types }) =>
      isReal && groups === types.x.shape[3] && groups > 1 && types.weights.shape[3] === 1,
    counts(layer) {
      const { rows, columns, bytes, moved } = layer;
      const multiply = pixelsEach * invocations(layer, pixelsEach, rows) * columns;
      return { ...moved, multiply, serial: columns, weights: rows * columns * bytes };
    },
  },
  {
    family: 'dense vectors',
    takes: (layer) => isDense(layer) && layer.pixels <= fewVectors && layer.taps === 1,
    counts({ images, pixels, rows, columns, bytes, moved }) {
      const turns = Math.ceil(columns / groupSize);
      const multiply = images * pixels * rows * groupSize * turns;
      return { ...moved, multiply, serial: turns, weights: rows * columns * bytes };
    },
  },
  {
    family: 'dense tiles',
    takes: (layer) => isDense(layer),
    counts({ images, pixels, rows, columns, bytes, moved }) {
      const multiply = images * upTo(pixels, tile) * upTo(rows, tile) * columns;
      return { ...moved, multiply, serial: columns, weights: rows * columns * bytes };
    },
  },
  {
    family: 'nm',
    takes: ({ isReal, groups, encoding }) => isReal && groups === 1 && isGrouped(encoding),
    counts: (layer) => grouped(layer),
  },
  {
    family: 'sparse bands',
    takes: ({ isReal, groups, encoding }) => isReal && groups === 1 && heightOf(encoding) === 4,
    counts: (layer) => walked(layer, 4),
  },
  {
    family: 'sparse pairs',
    takes: ({ isReal, groups, encoding }) => isReal && groups === 1 && heightOf(encoding) === 2,
    counts: (layer) => walked(layer, 2),
  },
  {
    family: 'sparse rows',
    takes: ({ isReal, groups }) => isReal && groups === 1,
    counts: (layer) => walked(layer, 1),
  },
  {
    family: 'loops',
    takes: () => true,
    counts({ cost, reuse, rows, moved }) {
      const visits = cost.multiplies + cost.lookups + cost.tests;
      return { ...moved, multiply: visits * reuse, serial: visits / rows, weights: cost.bytes };
    },
  },
] as const satisfies readonly Way[];

export type Family = (typeof ways)[number]['family'];

export const families: readonly Family[] = ways.map(({ family }) => family);

export interface GpuCounted extends Counted {
  readonly family: Family;
  readonly counts: GpuCounts;
}

export function countsOf(work: Work): GpuCounted {
  const layer = layerOf(work);
  const way = ways.find(({ takes }) => takes(layer)) ?? ways[ways.length - 1];
  return { family: way.family, counts: way.counts(layer) };
}

/** Of a tile, rows and pixels; and so many vectors are not worth one. */
const tile = 32;
const fewVectors = 8;

/** Invocations that GPUs run in step. */
const abreast = 32;

const isDense = ({ isReal, groups, encoding }: Layer): boolean => isReal && groups === 1 && encoding.format === 'dense';

/** Weights with places of their own, `height` rows sharing them. */
function walked(layer: Layer, height: Height): GpuCounts {
  const { rows, cost, words, bytes, moved } = layer;
  const bands = Math.ceil(rows / height);
  const own = cost.multiplies / rows;
  const { quads, lanes, groups } = sharingOf(layer, bands, height);
  const all = groupSize * groups.reduce((product, count) => product * count, 1);
  const multiply = all * 4 * quads * height * own;
  // Lanes side by side have pixels of one band where there are enough, and else bands that are about as long but lie elsewhere.
  const apart = Math.max(1, abreast / lanes);
  const inWord = Math.max(own / words, 1 / 32);
  return {
    ...moved,
    multiply,
    turns: all * own,
    places: all * words,
    waiting: multiply * Math.sqrt((2 * Math.log(apart)) / inWord),
    serial: own + words,
    weights: cost.multiplies * bytes + bands * (4 * words + bandBytes),
  };
}

/** Where a band's values begin, and which one it is. */
const bandBytes = 8;

/** Whether places in groups take no more than a bit for each column, and their kernel takes them. */
const isGrouped = ({ format, params }: Work['encoding']): boolean =>
  format === 'nm' && groupSizes(params.n, params.m).groupBits <= params.m;

/** Some weights of every few neighbours: rows take as long as each other, and no lane waits. */
function grouped(layer: Layer): GpuCounts {
  const { rows, columns, run, encoding, bytes, moved } = layer;
  const { n, m, groupBits } = groupSizes(encoding.params.n, encoding.params.m);
  const inRow = (columns / run) * Math.ceil(run / m);
  const { quads, groups } = sharingOf(layer, rows, 1);
  const turns = groupSize * groups.reduce((product, count) => product * count, 1) * inRow * n;
  return {
    ...moved,
    multiply: turns * 4 * quads,
    turns,
    places: turns / n,
    serial: inRow * n,
    weights: rows * inRow * (n * bytes + groupBits / 8),
  };
}

/** In whole groups, of which some lanes have pixels and others rows. */
function invocations({ images, pixels }: Layer, each: number, rows: number): number {
  const lanes = lanesFor(Math.ceil(pixels / each));
  return images * upTo(Math.ceil(pixels / each), lanes) * upTo(rows, groupSize / lanes);
}

const upTo = (count: number, unit: number): number => Math.ceil(count / unit) * unit;

function layerOf(work: Work): Layer {
  const { call, types, encoding } = work;
  const { op, type } = call;
  const { x, weights } = types;
  const rows = weights.shape[0];
  const columns = elements(weights.shape) / rows;
  const isConv = op.kind === 'conv2d' || op.kind === 'conv-transpose2d';
  const run = weights.shape[weights.shape.length - 1];
  const { images, pixels } = isConv ? pictureOf(type.shape) : { images: 1, pixels: elements(type.shape) / rows };
  const [top, left, bottom, right] = isConv ? op.pad : [0, 0, 0, 0];
  const groups = op.kind === 'conv2d' ? op.groups : 1;
  const isPadded = op.kind === 'conv2d' && groups === 1 && top + left + bottom + right > 0;
  const [n, h, w, c] = x.shape;
  const copied = isPadded ? n * c * (h + top + bottom) * (w + left + right) : 0;
  return {
    ...work,
    isReal:
      (op.kind === 'conv2d' || op.kind === 'linear') && weights.dtype === 'f32' && encoding.format !== 'smartdeal',
    groups,
    images,
    pixels,
    rows,
    columns,
    taps: columns / run,
    run,
    words: (columns / run) * Math.ceil(run / 32),
    bytes: bytesOf(encoding.params),
    moved: { call: isPadded ? 2 : 1, memory: 4 * (elements(x.shape) + elements(type.shape) + 2 * copied) },
  };
}

/** Weights are stored as f16 where that holds them, which is not known here, or in codes, whose bits are a power of two. */
function bytesOf(params: Work['encoding']['params']): number {
  const code = codeIn(params);
  return code ? 2 ** Math.ceil(Math.log2(bitsOf(code))) / 8 : 2;
}
