/** The kernels of products by warpgroups: one routine for each way, tile, element type and feed, and what it is told. */
import type { Argument } from '../../../src/plan/kernel.ts';
import { whole, words } from '../kernel.ts';
import type { Element } from '../tensor/elements.ts';
import type { Goes, ProductRoutine, Reach, Told } from '../tensor/product.ts';
import { copies } from '../tensor/product.ts';
import { asyncFence, barriers, multiplyName, multiplyWide, pairs, warpgroups } from './instructions.ts';
import type { WideStoring } from './storing.ts';
import type { Feed, WideTile, WideWay } from './tiles.ts';
import {
  bandOf,
  behindOf,
  clusterOf,
  widePixelBytes,
  wideShared,
  wideStages,
  wideThreads,
  wideWeightBytes,
} from './tiles.ts';

export interface WideShape {
  readonly way: WideWay;
  readonly tile: WideTile;
  readonly element: Element;
  readonly feed: Feed;
}

const docs: Readonly<Record<WideWay, string>> = {
  dense: 'Products with all weights, by warpgroups on tensor cores',
  sparse: 'Products with weights of which half are kept in every four columns, by warpgroups on sparse tensor cores',
};

/** What differs where two blocks share what they read. */
export const alone = { cluster: '', copy: 'bulk_copy', free: 'barrier_arrive', meet: 'meet_block' };
export const paired = {
  ...{ cluster: 'PAIR ', copy: 'bulk_copy_pair', free: 'barrier_arrive_pair' },
  meet: 'meet_pair',
};

/** What differs in how pixels come: who arrives at barriers when a step is there, registers of those who bring it and of others, places of blocks. */
const fed = {
  tiles: {
    bring:
      'Both lie in memory as shared memory has them, step by step, so that a step is two copies, which one thread asks for.',
    ...{ bringers: 1, few: 40, many: 232 },
    ...{ row: '(first + in_band % high) * blocks + (int)(blockIdx.x % blocks)', pixel: 'in_band / high' },
  },
  pieces: {
    bring:
      'Weights lie as shared memory has them, step by step. Pixels come in pieces of 16 bytes that a list names, by a warpgroup of its own.',
    ...{ bringers: 5, few: 56, many: 224 },
    ...{ row: 'first + in_band % high', pixel: 'in_band / high * blocks + (int)(blockIdx.x % blocks)' },
  },
} as const satisfies Readonly<Record<Feed, object>>;

export function wideRoutine({ way, tile, element, feed }: WideShape, storing: WideStoring): ProductRoutine {
  const { rows, pixels, blocks } = tile;
  const shape = `${rows}x${pixels}x${blocks}`;
  return {
    name: `product-wide-${way}-${element.name}-${shape}-${feed}-${storing.kind}`,
    template: `warpgroup/product-${way}-${feed}`,
    view: {
      ...{ ...tile, stages: wideStages(way, tile), weightBytes: wideWeightBytes(way, tile) },
      ...{ band: bandOf(tile, feed), behind: behindOf(way, tile), pixelBytes: widePixelBytes(way, tile) },
      ...{ multiply: multiplyName(way, pixels, element), doc: docs[way], ...fed[feed] },
      ...(blocks === 2 ? paired : alone),
      store: storing.text,
    },
    needs: [
      ...[barriers, ...(blocks === 2 ? [pairs] : []), ...(feed === 'pieces' ? [copies, asyncFence] : [])],
      ...[warpgroups, multiplyWide(way, pixels, element), ...storing.needs],
    ],
    threads: wideThreads,
    shared: wideShared(way, tile),
  };
}

export interface WideOperands {
  readonly x: Argument;
  readonly weights: Argument;
  readonly steps: number;
  readonly splits: number;
  readonly result: Argument;
  /** Of pieces: the list that names them, how many a pixel has, and where pixels of the result read. */
  readonly pieces?: { readonly list: Argument; readonly pitch: number; readonly reach: Reach } | undefined;
}

/** Pixels of a picture lie one after the other. */
export type WideGoes = Pick<
  Goes,
  'rows' | 'stored' | 'pixels' | 'imagePixels' | 'rowPixels' | 'toImage' | 'toPixel' | 'toRow'
> & {
  /** From what one of several that share the steps of a block stores to the next. */
  readonly part: number;
};

/** What kernels are told, in order. */
export function wideTold(
  o: WideOperands,
  tile: WideTile,
  g: WideGoes,
  storing: Pick<WideStoring, 'result' | 'pads'>,
): readonly Told[] {
  const cluster = clusterOf(tile, o.pieces ? 'pieces' : 'tiles');
  return [
    ...[{ declare: 'const void *__restrict__ x', argument: o.x }, words('weights', o.weights), whole('steps', o.steps)],
    ...(o.pieces ? toldOfPieces(o.pieces, g) : []),
    ...[
      whole('row_blocks', Math.ceil(g.rows / cluster.rows)),
      whole('pixel_blocks', Math.ceil(g.pixels / cluster.pixels)),
    ],
    ...[whole('splits', o.splits), whole('row_count', g.stored), whole('pixel_count', g.pixels)],
    ...(storing.pads ? [whole('own_rows', g.rows)] : []),
    ...[whole('image_pixels', g.imagePixels), whole('to_image', g.toImage), whole('to_pixel', g.toPixel)],
    ...[whole('to_row', g.toRow), whole('part', g.part)],
    { declare: `${storing.result} *__restrict__ result`, argument: o.result },
  ];
}

function toldOfPieces(
  { list, pitch, reach }: NonNullable<WideOperands['pieces']>,
  { rowPixels }: WideGoes,
): readonly Told[] {
  return [
    ...[{ declare: 'const int *__restrict__ taps', argument: list }, whole('pitch', pitch)],
    ...[whole('height', reach.height), whole('width', reach.width)],
    ...[whole('stride_y', reach.stride[0]), whole('stride_x', reach.stride[1])],
    ...[whole('above', reach.above), whole('left', reach.left), whole('row_pixels', rowPixels)],
  ];
}

/** Blocks that there are, and no more than the device holds at once: each goes through its share of all that there is to multiply. */
export function wideGroups(
  tile: WideTile,
  feed: Feed,
  g: Pick<WideGoes, 'rows' | 'pixels'>,
  splits: number,
  processors: number,
): number {
  const cluster = clusterOf(tile, feed);
  const jobs = Math.ceil(g.rows / cluster.rows) * Math.ceil(g.pixels / cluster.pixels) * splits;
  return tile.blocks * Math.min(jobs, Math.floor(processors / tile.blocks));
}
