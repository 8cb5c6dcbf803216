/** The launches of a layer of weights in whole tiles whose steps come by copies in bulk. */
import type { KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Ending } from '../ending.ts';
import { callOf } from '../kernel.ts';
import type { Element } from '../tensor/elements.ts';
import type { TensorLayer } from '../tensor/layer.ts';
import type { WideBlocksOffer } from './blocks-estimate.ts';
import { packWideBlocks } from './blocks-packing.ts';
import { wideBlocksRoutine, wideBlocksTold } from './blocks-product.ts';
import { addParts, storeOne, storePart } from './storing.ts';
import { wideColumns } from './tiles.ts';

interface Computed {
  readonly ending: Ending;
  readonly element: Element;
  /** Multiprocessors, which have a block each at most. */
  readonly processors: number;
}

export function wideBlocksCalls(
  site: KernelSite,
  { matrix, goes, forms }: TensorLayer,
  wide: NonNullable<TensorLayer['wide']>,
  { tile, estimate: { splits } }: WideBlocksOffer,
  { ending, element, processors }: Computed,
): readonly RoutineCall[] {
  const packing = packWideBlocks(matrix, tile, element);
  const columns = wideColumns(matrix.columns, 'dense');
  const pixelBlocks = Math.ceil(goes.pixels / tile.pixels);
  const x = site.scratch('wide', 'u32', (pixelBlocks * tile.pixels * columns) / 2);
  const made = wide(x, columns, tile.pixels);

  const count = goes.stored * goes.pixels;
  const parts = splits > 1 ? site.scratch('parts', 'f32', splits * count) : undefined;
  const whole = storeOne(ending, forms.to, element);
  const storing = parts ? storePart : whole;
  const clusters = packing.begins.length - 1;
  const told = wideBlocksTold(
    {
      ...{ x, steps: columns / 64, splits, result: parts ?? site.result.array },
      weights: site.pack('weights', packing.weights).array,
      begins: site.pack('begins', packing.begins).array,
      starts: site.pack('starts', packing.starts).array,
      channels: site.pack('channels', packing.channels).array,
      rowTiles: site.pack('row-tiles', packing.rowTiles).array,
    },
    clusters,
    tile,
    { ...goes, part: parts ? count : 0 },
    storing,
  );
  const jobs = clusters * pixelBlocks * splits;
  const product = callOf({
    ...wideBlocksRoutine(tile, element, storing),
    parameters: [...told, ...(parts ? [] : ending.parameters)],
    groups: [tile.blocks * Math.min(jobs, Math.floor(processors / tile.blocks))],
  });
  if (!parts) return [made, product];
  const { rows, stored, toRow } = goes;
  const sums = { parts, splits, count, rows, stored, toRow, result: site.result.array };
  return [made, product, addParts(sums, ending, whole)];
}
