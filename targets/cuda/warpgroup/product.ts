/** The kernels of products by warpgroups: one routine for each way, tile and element type, and what it is told. */
import type { Argument } from '../../../src/plan/kernel.ts';
import { whole, words } from '../kernel.ts';
import type { Element } from '../tensor/elements.ts';
import type { Finish, Goes, ProductRoutine, Told } from '../tensor/product.ts';
import { barriers, multiplyName, multiplyWide, pairs, warpgroups } from './instructions.ts';
import type { WideTile, WideWay } from './tiles.ts';
import { bandOf, widePixelBytes, wideShared, wideStages, wideThreads, wideWeightBytes } from './tiles.ts';

export interface WideShape {
  readonly way: WideWay;
  readonly tile: WideTile;
  readonly element: Element;
}

const docs: Readonly<Record<WideWay, string>> = {
  dense: 'Products with all weights, by warpgroups on tensor cores',
  sparse: 'Products with weights of which half are kept in every four columns, by warpgroups on sparse tensor cores',
};

/** What differs where two blocks share what they read. */
const alone = { cluster: '', copy: 'bulk_copy', free: 'barrier_arrive', freeing: '1', meet: 'meet_block' };
const paired = {
  ...{ cluster: 'PAIR ', copy: 'bulk_copy_pair', free: 'barrier_arrive_pair', freeing: 'blocks_that_free' },
  meet: 'meet_pair',
};

export function wideRoutine({ way, tile, element }: WideShape, finish: Finish): ProductRoutine {
  const { rows, pixels, blocks } = tile;
  return {
    name: `product-wide-${way}-${element.name}-${rows}x${pixels}x${blocks}-${finish.kind}`,
    template: `warpgroup/product-${way}`,
    view: {
      ...{ ...tile, stages: wideStages(way, tile), weightBytes: wideWeightBytes(way, tile), band: bandOf(tile) },
      ...{ pixelBytes: widePixelBytes(way, tile), multiply: multiplyName(way, pixels, element), doc: docs[way] },
      ...(blocks === 2 ? paired : alone),
      finish: finish.text,
    },
    needs: [
      ...[barriers, ...(blocks === 2 ? [pairs] : []), warpgroups, multiplyWide(way, pixels, element)],
      ...finish.needs,
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
}

/** Pixels of a picture lie one after the other. */
export type WideGoes = Pick<Goes, 'rows' | 'pixels' | 'imagePixels' | 'toImage' | 'toPixel' | 'toRow' | 'part'>;

/** What kernels are told, in order. */
export function wideTold(o: WideOperands, { rows, pixels, blocks }: WideTile, g: WideGoes): readonly Told[] {
  return [
    ...[words('x', o.x), words('weights', o.weights), whole('steps', o.steps)],
    ...[whole('row_blocks', Math.ceil(g.rows / (rows * blocks))), whole('pixel_blocks', Math.ceil(g.pixels / pixels))],
    ...[whole('splits', o.splits), whole('row_count', g.rows), whole('pixel_count', g.pixels)],
    ...[whole('image_pixels', g.imagePixels), whole('to_image', g.toImage), whole('to_pixel', g.toPixel)],
    ...[whole('to_row', g.toRow), whole('part', g.part)],
    { declare: 'float *__restrict__ result', argument: o.result },
  ];
}

/** Blocks that there are, and no more than the device holds at once: each goes through its share of all that there is to multiply. */
export function wideGroups(
  { rows, pixels, blocks }: WideTile,
  g: Pick<WideGoes, 'rows' | 'pixels'>,
  splits: number,
  processors: number,
): number {
  const jobs = Math.ceil(g.rows / (rows * blocks)) * Math.ceil(g.pixels / pixels) * splits;
  return blocks * Math.min(jobs, Math.floor(processors / blocks));
}
