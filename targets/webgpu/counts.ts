/** What the shaders of a layer do, counted: by shapes and by what the format of the weights costs, packing nothing. */
import { bug } from '../../src/diagnostic.ts';
import type { Counted } from '../../src/plan/rates.ts';
import type { Work } from '../../src/target.ts';
import { mostColumns } from '../gpu/bands.ts';
import { groupSizes } from '../gpu/nm-places.ts';
import type { Height } from '../gpu/storage.ts';
import { fitting, heightOf } from '../gpu/storage.ts';
import { groupSize, lanesFor, pixelsEach } from './kernels/lanes.ts';
import { areVectors, isNarrow, sharingOf } from './kernels/pixels.ts';
import type { Joining } from './kernels/vectors.ts';
import { joiningOf } from './kernels/vectors.ts';
import type { Layer } from './work.ts';
import { isDepthwise, layerOf, partOf } from './work.ts';

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

/** The first that takes a layer counts what one of its calls does. A table of rates has all of them. */
const ways = [
  {
    family: 'depthwise',
    takes: isDepthwise,
    counts(layer) {
      const { rows, columns, bytes } = layer;
      const multiply = pixelsEach * invocations(layer, pixelsEach, rows) * columns;
      return { multiply, serial: columns, weights: rows * columns * bytes };
    },
  },
  {
    family: 'dense vectors',
    takes: (layer) => isDense(layer) && areVectors(layer),
    counts({ images, pixels, rows, columns, bytes }) {
      const turns = Math.ceil(columns / groupSize);
      const multiply = images * pixels * rows * groupSize * turns;
      return { multiply, serial: turns, weights: rows * columns * bytes };
    },
  },
  {
    family: 'dense tiles',
    takes: (layer) => isDense(layer) && !isNarrow(layer, layer.rows),
    counts({ images, pixels, rows, rowsEach, groups, columns, bytes }) {
      const multiply = images * upTo(pixels, tile) * groups * upTo(rowsEach, tile) * columns;
      return { multiply, serial: columns, weights: rows * columns * bytes };
    },
  },
  {
    family: 'nm vectors',
    takes: (layer) => layer.isReal && isGrouped(layer.encoding) && joiningIn(layer) !== undefined,
    counts(layer) {
      const { inRow, n, weights } = groupsIn(layer);
      const { parts, each, serial } = joinedIn(layer, inRow * n);
      const turns = parts * layer.rows * inRow * n;
      return { multiply: each * turns, turns, places: turns / n, serial, weights };
    },
  },
  {
    family: 'nm',
    takes: ({ isReal, encoding }) => isReal && isGrouped(encoding),
    counts: (layer) => grouped(layer),
  },
  {
    family: 'sparse vectors',
    takes: (layer) => layer.isReal && joiningIn(layer) !== undefined,
    counts(layer) {
      const { words } = layer;
      const height = bandHeight(layer);
      const { own, bands, weights } = bandsIn(layer, height);
      const { parts, each, lanes, serial } = joinedIn(layer, own + words);
      const all = parts * bands;
      const multiply = each * all * height * own;
      return {
        multiply,
        turns: all * own,
        places: all * words,
        waiting: waitingOf(multiply, layer, abreast),
        serial,
        weights: weights + startBytes * bands * lanes,
      };
    },
  },
  {
    family: 'sparse bands',
    takes: (layer) => layer.isReal && bandHeight(layer) === 4,
    counts: (layer) => walked(layer, 4),
  },
  {
    family: 'sparse pairs',
    takes: (layer) => layer.isReal && bandHeight(layer) === 2,
    counts: (layer) => walked(layer, 2),
  },
  {
    family: 'sparse rows',
    takes: ({ isReal }) => isReal,
    counts: (layer) => walked(layer, 1),
  },
  {
    family: 'loops',
    takes: () => true,
    counts({ cost, images, pixels, rows }) {
      const visits = cost.multiplies + cost.lookups + cost.tests;
      return { multiply: visits * images * pixels, serial: visits / rows, weights: cost.bytes };
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
  const { phases = [], moved } = layer;
  const parts = layer.isReal && phases.length > 0 ? phases.map((phase) => partOf(layer, phase)) : [layer];
  // Phases are about as large as each other, and the same kernel computes them.
  const way = ways.find(({ takes }) => takes(parts[0])) ?? ways[ways.length - 1];
  const counts: Partial<Record<Thing, number>> = { ...moved, call: moved.call + parts.length };
  for (const part of parts)
    for (const [thing, count] of Object.entries<number>(way.counts(part)))
      counts[thing as Thing] = (counts[thing as Thing] ?? 0) + count;
  return { family: way.family, counts };
}

/** Of a tile, rows and pixels. */
const tile = 32;

/** Invocations that GPUs run in step. */
const abreast = 32;

const isDense = ({ isReal, encoding }: Layer): boolean => isReal && encoding.format === 'dense';

/** Of dense weights as well, where they are few rows. */
const bandHeight = ({ encoding, rowsEach }: Layer): Height =>
  encoding.format === 'dense' ? fitting(rowsEach) : heightOf(encoding);

/** Weights with places of their own, `height` rows sharing them. */
function walked(layer: Layer, height: Height): GpuCounts {
  const { own, bands, weights } = bandsIn(layer, height);
  const { quads, lanes, groups } = sharingOf(layer, bands, height);
  const all = groupSize * groups.reduce((product, count) => product * count, 1);
  const multiply = all * 4 * quads * height * own;
  return {
    multiply,
    turns: all * own,
    places: all * layer.words,
    // Lanes side by side have pixels of one band where there are enough, and else bands that are about as long but lie elsewhere.
    waiting: waitingOf(multiply, layer, Math.max(1, abreast / lanes)),
    serial: own + layer.words,
    weights,
  };
}

/** Places of a band, how many bands there are, and bytes of all. */
function bandsIn({ rows, rowsEach, groups, cost, words, bytes }: Layer, height: Height) {
  const bands = groups * Math.ceil(rowsEach / height);
  const weights = cost.multiplies * bytes + bands * (4 * words + bandBytes);
  return { own: cost.multiplies / rows, bands, weights };
}

/** Where a band's values begin, and which one it is; and where those of a lane begin. */
const bandBytes = 8;
const startBytes = 2;

/** Of so many lanes side by side that have other words, all wait in each word for the one with most places. */
function waitingOf(multiply: number, { cost, rows, words }: Layer, apart: number): number {
  const inWord = Math.max(cost.multiplies / rows / Math.max(words, 1), 1 / 32);
  return multiply * Math.sqrt((2 * Math.log(apart)) / inWord);
}

/** Whether places in groups take no more than a bit for each column, and their kernel takes them. */
const isGrouped = ({ format, params }: Work['encoding']): boolean =>
  format === 'nm' && groupSizes(params.n, params.m).groupBits <= params.m;

/** Some weights of every few neighbours: rows take as long as each other, and no lane waits. */
function grouped(layer: Layer): GpuCounts {
  const { inRow, n, weights } = groupsIn(layer);
  const { quads, groups } = sharingOf(layer, layer.rows, 1);
  const turns = groupSize * groups.reduce((product, count) => product * count, 1) * inRow * n;
  return { multiply: turns * 4 * quads, turns, places: turns / n, serial: inRow * n, weights };
}

/** Groups of a row, weights of each, and bytes of all. */
function groupsIn({ rows, columns, run, encoding, bytes }: Layer) {
  const { n, m, groupBits } = groupSizes(encoding.params.n, encoding.params.m);
  const inRow = (columns / run) * Math.ceil(run / m);
  return { inRow, n, weights: rows * inRow * (n * bytes + groupBits / 8) };
}

/** How invocations share rows or bands, if they do. */
function joiningIn(layer: Layer): Joining | undefined {
  if (isGrouped(layer.encoding)) return joiningOf(layer, layer.rows, groupsIn(layer).inRow);
  return layer.columns > mostColumns
    ? undefined
    : joiningOf(layer, bandsIn(layer, bandHeight(layer)).bands, layer.words);
}

/** The same of a row or band that takes so many turns: how often it is walked, for how many pixels, and turns of each invocation. */
function joinedIn(layer: Layer, turns: number) {
  const { lanes, pixels } = joiningIn(layer) ?? bug('nothing is joined');
  return {
    ...{ lanes, each: pixels, parts: layer.images * Math.ceil(layer.pixels / pixels) },
    serial: turns / lanes + lanes,
  };
}

/** In whole groups, of which some lanes have pixels and others rows. */
function invocations({ images, pixels }: Layer, each: number, rows: number): number {
  const lanes = lanesFor(Math.ceil(pixels / each));
  return images * upTo(Math.ceil(pixels / each), lanes) * upTo(rows, groupSize / lanes);
}

const upTo = (count: number, unit: number): number => Math.ceil(count / unit) * unit;
