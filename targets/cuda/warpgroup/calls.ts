/** The launches of a layer by warpgroups: what is multiplied is made of x, products, and the sum of their parts where blocks share steps. */
import type { KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Ending } from '../ending.ts';
import { callOf } from '../kernel.ts';
import type { Element } from '../tensor/elements.ts';
import type { TensorLayer } from '../tensor/layer.ts';
import { addParts } from '../tensor/narrowing.ts';
import type { WideOffer } from './offers.ts';
import { packWide } from './packing.ts';
import { wideGroups, wideRoutine, wideTold } from './product.ts';
import { wideColumns } from './tiles.ts';

interface Computed {
  readonly ending: Ending;
  readonly element: Element;
  /** Multiprocessors, which have a block each at most. */
  readonly processors: number;
}

/** Or why there are none. */
export function wideCalls(
  site: KernelSite,
  layer: TensorLayer,
  { way, tile, estimate: { splits } }: WideOffer,
  { ending, element, processors }: Computed,
): readonly RoutineCall[] | string {
  const { matrix, goes, wide } = layer;
  if (!wide || matrix.run !== matrix.columns) return 'takes pixels that read the one in their place';
  const packing = packWide(matrix, way, tile, element);
  if (typeof packing === 'string') return packing;

  const columns = wideColumns(matrix.columns, way);
  const pixels = Math.ceil(goes.pixels / tile.pixels) * tile.pixels;
  const x = site.scratch('wide', 'u32', (pixels * columns) / 2);
  const made = wide(x, columns, tile.pixels);

  const count = goes.rows * goes.pixels;
  const parts = splits > 1 ? site.scratch('parts', 'f32', splits * count) : undefined;
  const { kind, result, needs } = ending;
  const finish = parts
    ? ({ kind: 'parts', text: 'sum', result: 'float', needs: [] } as const)
    : ({ kind, text: result('sum', 'row', 'at'), result: 'float', needs } as const);
  const routine = wideRoutine({ way, tile, element }, finish);
  const told = wideTold(
    {
      ...{ x, steps: packing.steps, splits, result: parts ?? site.result.array },
      weights: site.pack('weights', packing.weights).array,
    },
    tile,
    { ...goes, part: parts ? count : 0 },
  );
  const product = callOf({
    ...routine,
    parameters: [...told, ...(parts ? [] : ending.parameters)],
    groups: [wideGroups(tile, goes, splits, processors)],
  });
  if (!parts) return [made, product];
  const { rows, toRow } = goes;
  return [made, product, addParts({ parts, splits, count, rows, toRow, result: site.result.array }, ending, element)];
}
