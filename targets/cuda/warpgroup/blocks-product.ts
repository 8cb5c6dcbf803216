/** The kernels of products with weights in whole tiles whose steps come by copies in bulk: a routine for each cut and element type, and what it is told. */
import type { Argument } from '../../../src/plan/kernel.ts';
import { whole, words } from '../kernel.ts';
import type { Element } from '../tensor/elements.ts';
import type { ProductRoutine, Told } from '../tensor/product.ts';
import { list, loadMatrices, multiplyDense } from '../tensor/product.ts';
import { weightBytesOf } from '../tensor/tiles.ts';
import type { WideBlocksTile } from './blocks-tiles.ts';
import { wideBlocksShared } from './blocks-tiles.ts';
import { barriers, pairs, warpgroups } from './instructions.ts';
import type { WideGoes } from './product.ts';
import { alone, paired } from './product.ts';
import type { WideStoring } from './storing.ts';
import { wideThreads } from './tiles.ts';

export function wideBlocksRoutine(tile: WideBlocksTile, element: Element, storing: WideStoring): ProductRoutine {
  const { rows, pixels, blocks } = tile;
  return {
    name: `product-wide-blocks-${element.name}-${rows}x${pixels}x${blocks}-${storing.kind}`,
    template: 'warpgroup/product-blocks',
    view: {
      ...{ ...tile, weightBytes: weightBytesOf('blocks', tile, element), type: element.name, store: storing.text },
      ...(blocks === 2 ? paired : alone),
      doc: 'Products with weights of which whole tiles are left out, on tensor cores',
    },
    needs: [
      ...[barriers, ...(blocks === 2 ? [pairs] : []), warpgroups, loadMatrices, multiplyDense(element)],
      ...storing.needs,
    ],
    threads: wideThreads,
    shared: wideBlocksShared(tile, element),
  };
}

export interface WideBlocksOperands {
  readonly x: Argument;
  /** Steps of 64 channels that pixels have. */
  readonly steps: number;
  readonly weights: Argument;
  readonly begins: Argument;
  readonly starts: Argument;
  readonly channels: Argument;
  readonly rowTiles: Argument;
  readonly splits: number;
  readonly result: Argument;
}

/** What kernels are told, in order. */
export const wideBlocksTold = (
  o: WideBlocksOperands,
  clusters: number,
  { pixels }: WideBlocksTile,
  g: Omit<WideGoes, 'rowPixels'>,
  storing: Pick<WideStoring, 'result' | 'pads'>,
): readonly Told[] => [
  ...[words('x', o.x), whole('steps_of_pixels', o.steps), words('weights', o.weights)],
  ...[list('begins', o.begins), list('starts', o.starts), list('channels', o.channels), list('row_tiles', o.rowTiles)],
  ...[whole('row_blocks', clusters), whole('pixel_blocks', Math.ceil(g.pixels / pixels)), whole('splits', o.splits)],
  ...(storing.pads ? [whole('own_rows', g.rows)] : []),
  ...[whole('row_count', g.stored), whole('pixel_count', g.pixels), whole('image_pixels', g.imagePixels)],
  ...[whole('to_image', g.toImage), whole('to_pixel', g.toPixel), whole('to_row', g.toRow), whole('part', g.part)],
  { declare: `${storing.result} *__restrict__ result`, argument: o.result },
];
