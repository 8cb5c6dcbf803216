/** What layers of weights in whole tiles take where copies bring them in bulk: by their weights where these are known, or by what a format promises. */
import type { Call } from '../../../src/graph/graph.ts';
import type { Types } from '../../../src/ops/rules.ts';
import type { Work } from '../../../src/target.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { elements as count, dense } from '../../../src/tensor/type.ts';
import type { Counting } from '../contest.ts';
import type { Setting } from '../rates/rates.ts';
import { countBits, liveTiles } from '../tensor/blocks-live.ts';
import type { Element } from '../tensor/elements.ts';
import { wayOf } from '../tensor/predict.ts';
import { faultOf, sizesOf } from '../tensor/size.ts';
import { segmentBytes, tileRows } from '../tensor/tiles.ts';
import type { Common } from '../tensor/ways.ts';
import { mostLive } from '../tensor/ways.ts';
import type { Promised, WideBlocksLayer, WideBlocksOffer } from './blocks-estimate.ts';
import { wideBlocksFamily, wideBlocksOffers, wideBlocksPromised } from './blocks-estimate.ts';
import { readsInPlace } from './offers.ts';
import { wideColumns } from './tiles.ts';

/** Or why nothing copies the layer so. */
export function predictWideBlocks(work: Work, element: Element, { setting }: Common): Counting | string {
  const { call, types, encoding, cost, matrix } = work;
  if ([types.x, types.weights].some(({ dtype }) => dtype !== 'f32')) return 'takes f32';
  const fault = matrix && faultOf(matrix, element);
  if (fault !== undefined) return fault;
  if (encoding.format === dense.format) return leavesNone;
  const { way, share } = wayOf(encoding, cost.multiplies / count(types.weights.shape), element, true);
  if (!matrix && way !== 'blocks') return leavesNone;
  const offers = wideBlocksOffersFor(call, types, matrix ?? { share, r: encoding.params.r }, element, setting);
  if (typeof offers === 'string') return offers;
  const [{ estimate }] = offers;
  const { ns, bound, counts, use } = estimate;
  const family = wideBlocksFamily;
  return { ...{ ns, bound, use, family: `${family} in ${element.doc}` }, counted: { family, counts, use } };
}

const leavesNone = 'takes weights of which a fourth or more of all tiles is left out';

/** Cheapest first. Or why nothing copies the layer so. */
export function wideBlocksOffersFor(
  call: Call,
  types: Types,
  weights: Matrix | Pick<Promised, 'share' | 'r'>,
  element: Element,
  setting: Setting,
): readonly WideBlocksOffer[] | string {
  const sizes = sizesOf(call, types, element);
  if (typeof sizes === 'string') return sizes;
  const { op } = call;
  const [{ rows, pixels, columns }] = sizes;
  if ((op.kind !== 'linear' && op.kind !== 'conv2d') || !readsInPlace(call, types))
    return 'takes pixels that read the one in their place';
  if (op.kind === 'conv2d' && op.groups > 1) return 'takes one group';
  const padded = wideColumns(columns, 'dense');
  const made = element.bytes * pixels * padded;
  const before = { launches: 1, bytes: 4 * pixels * columns + made };
  const layer: WideBlocksLayer = { rows, pixels, bytes: made + 4 * count(call.type.shape), before };
  if ('share' in weights) {
    const [lines, segments] = [Math.ceil(rows / tileRows), (padded * element.bytes) / segmentBytes];
    return wideBlocksPromised({ lines, segments, ...weights }, element, layer, setting);
  }
  const asked = JSON.stringify([weights.run, weights.mask !== undefined, element.name, layer]);
  const last = known.get(weights.data);
  if (last?.asked === asked && last.setting === setting) return last.offers;
  const live = liveTiles(weights, element);
  const kept = live.lines.reduce((sum, line) => sum + countBits(line), 0);
  const offers =
    kept >= mostLive * live.lines.length * live.segments ? leavesNone : wideBlocksOffers(live, element, layer, setting);
  known.set(weights.data, { asked, setting, offers });
  return offers;
}

interface Known {
  readonly asked: string;
  readonly setting: Setting;
  readonly offers: readonly WideBlocksOffer[] | string;
}

/** Of weights that were asked about last: every format of a layer is, and then the kernel. */
const known = new WeakMap<Float32Array, Known>();
