/** The launches of a layer by warpgroups: what is multiplied is made of x, products, and the sum of their parts where blocks share steps. */
import type { Argument, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Ending } from '../ending.ts';
import { callOf } from '../kernel.ts';
import { piecesOfPixels } from '../tensor/calls.ts';
import type { Element } from '../tensor/elements.ts';
import type { TensorLayer } from '../tensor/layer.ts';
import type { WideOffer } from './offers.ts';
import type { WidePacking } from './packing.ts';
import { packWide, wideList } from './packing.ts';
import type { WideOperands } from './product.ts';
import { wideGroups, wideRoutine, wideTold } from './product.ts';
import { addParts, storeOne, storePart } from './storing.ts';
import { clusterOf, wideColumns } from './tiles.ts';

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
  offer: WideOffer,
  { ending, element, processors }: Computed,
): readonly RoutineCall[] | string {
  const { way, tile, feed, estimate } = offer;
  const { matrix, goes } = layer;
  const { splits } = estimate;
  const packing = packWide(matrix, way, tile, clusterOf(tile, feed).rows, element);
  if (typeof packing === 'string') return packing;
  const { x, pieces, made } = pixelsOf(site, layer, offer, packing, element);

  const count = goes.stored * goes.pixels;
  const parts = splits > 1 ? site.scratch('parts', 'f32', splits * count) : undefined;
  const whole = storeOne(ending, layer.forms.to, element);
  const storing = parts ? storePart : whole;
  const routine = wideRoutine({ way, tile, element, feed }, storing);
  const weights = site.pack('weights', packing.weights).array;
  const told = wideTold(
    { x, pieces, weights, steps: packing.steps, splits, result: parts ?? site.result.array },
    tile,
    { ...goes, part: parts ? count : 0 },
    storing,
  );
  const product = callOf({
    ...routine,
    parameters: [...told, ...(parts ? [] : ending.parameters)],
    groups: [wideGroups(tile, feed, goes, splits, processors)],
  });
  if (!parts) return [...made, product];
  const { rows, stored, toRow } = goes;
  const sums = { parts, splits, count, rows, stored, toRow, result: site.result.array };
  return [...made, product, addParts(sums, ending, whole)];
}

interface Pixels extends Pick<WideOperands, 'pieces'> {
  readonly x: Argument;
  readonly made: readonly RoutineCall[];
}

function pixelsOf(
  site: KernelSite,
  layer: TensorLayer,
  { way, tile, feed }: WideOffer,
  { depth }: WidePacking,
  element: Element,
): Pixels {
  const { matrix, goes, reach, taps, wide } = layer;
  if (feed === 'tiles' && wide) {
    const columns = wideColumns(matrix.columns, way);
    const x = site.scratch('wide', 'u32', (Math.ceil(goes.pixels / tile.pixels) * tile.pixels * columns) / 2);
    return { x, made: [wide(x, columns, tile.pixels)] };
  }
  const { x, pitch, calls } = piecesOfPixels(site, layer, { depth }, element);
  const list = site.pack('taps', wideList(depth, taps, element)).array;
  return { x, pieces: { list, pitch, reach }, made: calls };
}
