/** What layers take on tensor cores: by their weights where these are known, as kernels are chosen, and by what a format promises of others. */
import type { Bounds } from '../../../src/graph/bounds.ts';
import type { Call } from '../../../src/graph/graph.ts';
import type { Types } from '../../../src/ops/rules.ts';
import { alignUp } from '../../../src/plan/arena.ts';
import type { Use } from '../../../src/plan/rates.ts';
import type { Work } from '../../../src/target.ts';
import type { Encoding } from '../../../src/tensor/type.ts';
import { elements as count, dense } from '../../../src/tensor/type.ts';
import type { Counting } from '../contest.ts';
import type { GpuCounts } from '../counts.ts';
import { countsPromised } from './blocks-counts.ts';
import { best } from './calls.ts';
import type { Element } from './elements.ts';
import { elements, perPiece, perStep } from './elements.ts';
import type { Layer, TensorThing } from './estimate.ts';
import { families } from './estimate.ts';
import { extraShare } from './extra.ts';
import { ofTaps } from './phase-taps.ts';
import type { Least, Size } from './size.ts';
import { faultOf, fewest, sizesOf } from './size.ts';
import type { Way } from './tiles.ts';
import { isForBlocks, mostSegments, segmentBytes, tileRows } from './tiles.ts';
import { ungrouped } from './ungrouped.ts';
import type { Common, Offer } from './ways.ts';
import { mostLive, offersFor, offersIn } from './ways.ts';

/** Or why tensor cores do not take the work. */
export function predictTensor(work: Work, element: Element, common: Common, least = fewest): Counting | string {
  const { call, types, encoding, matrix } = work;
  if (element.sum === 'float' && [types.x, types.weights].some(({ dtype }) => dtype !== 'f32')) return 'takes f32';
  const sizes = sizesOf(call, types, element, least);
  if (typeof sizes === 'string') return sizes;
  const fault = matrix && faultOf(matrix, element);
  if (fault !== undefined) return fault;
  const [{ groups }] = sizes;
  const isDense = encoding.format === dense.format;
  const all = matrix && ungrouped(matrix, groups);
  if (typeof all === 'string') return all;
  const products = sizes.flatMap((size) => {
    const offers = all
      ? offersFor({ ...common, matrix: size.taps ? ofTaps(all, size.taps) : all, size, element })
      : promised(work, size, element, common);
    return best(offers, isDense && groups === 1) ?? [];
  });
  if (products.length < sizes.length) return 'takes layers for which there is a tile';
  const longest = products.reduce((a, b) => (b.estimate.ns > a.estimate.ns ? b : a));
  const { bound, use } = inAll(products, longest);
  return {
    ...{ ns: products.reduce((sum, { estimate }) => sum + estimate.ns, 0), bound, use },
    family: `${families[longest.way]} in ${element.doc}`,
    counted: { family: families[longest.way], counts: countsOf(products), use },
    ...(!isDense && (longest.way === 'dense' || groups > 1) && { zeros: true }),
  };
}

/** What the longest of several products is bound by and takes, and what all of them move. */
function inAll(
  products: readonly Offer[],
  { estimate: { bound, use } }: Offer,
): Pick<Counting, 'bound'> & { readonly use: Use } {
  if (products.length === 1) return { bound, use };
  const bytes = products.reduce((sum, { estimate }) => sum + estimate.use.bytes, 0);
  return { bound, use: { ...use, bytes, products: products.length } };
}

function countsOf(products: readonly Offer[]): GpuCounts {
  const all: Partial<Record<TensorThing, number>> = {};
  for (const { estimate } of products)
    for (const [thing, count] of Object.entries(estimate.counts) as [TensorThing, number][])
      all[thing] = (all[thing] ?? 0) + count;
  return all;
}

/** Of whole numbers, where those that are multiplied are known to have 8 bits. */
export function predictWhole(work: Work, common: Common): Counting | string {
  const { call, types, bounds } = work;
  const element = wholeElement(call, types, bounds?.('x'));
  return typeof element === 'string' ? element : predictTensor(work, element, common, fewestWhole);
}

/** Loops are all that there is for smaller ones. */
export const fewestWhole: Least = { pixels: 1, rows: 4, columns: 4 };

/** What a layer of whole numbers is multiplied in: with signs, or without. Or why it is none of 8 bits. */
export function wholeElement({ op, type }: Call, { x, residual }: Types, bounds: Bounds | undefined): Element | string {
  if (type.dtype !== 'i32' || x?.dtype !== 'i32') return 'takes whole numbers';
  if ('activation' in op && op.activation !== 'none' && op.activation !== 'relu')
    return 'takes no activation but "relu"';
  if (residual) return 'takes no residual';
  if (!bounds) return 'takes what is known to have 8 bits';
  const { low, high } = bounds;
  if (low >= -128 && high <= 127) return elements.s8;
  return low >= 0 && high <= 255 ? elements.u8 : `takes 8 bits, and is given ${low} to ${high}`;
}

/** By the way that the format is for, and with all zeros. */
function promised({ encoding, cost, types }: Work, size: Size, element: Element, common: Common): readonly Offer[] {
  const { rows, columns, run, groups, pixels, bytes, before } = size;
  const steps = Math.ceil(((columns / run) * alignUp(run, perPiece(element))) / perStep(element));
  const kept = cost.multiplies / count(types.weights.shape);
  const { way, share } = groups > 1 ? wayOfGroups(size, element) : wayOf(encoding, kept, element, common.sparse);
  const r = groups > 1 ? Math.max(tileRows, rows / groups) : encoding.params.r;
  const all = { rows, columns, pixels, bytes, before, alone: size.taps !== undefined, longest: steps, live: 1 };
  return offersIn({ size, element, ...common }, (tile, offer) => {
    const whole: Layer = { ...all, steps: Math.ceil(rows / tile.rows) * steps };
    if (isForBlocks(tile)) {
      if (way !== 'blocks') return [];
      const lines = Math.ceil(rows / tileRows);
      return offer('blocks', { ...whole, ...countsPromised(tile, steps * mostSegments, lines, share, r) });
    }
    return [...offer('dense', whole), ...(way === 'dense' || way === 'blocks' ? [] : offer(way, whole))];
  });
}

interface Promised {
  readonly way: Way;
  /** Of all tiles, those that are multiplied. */
  readonly share: number;
}

/** How weights of a format are multiplied, whatever they are. What has no way of its own is multiplied with its zeros. */
export function wayOf({ format, params }: Encoding, kept: number, element: Element, sparse: boolean): Promised {
  const { n = 0, m = 0, r = 0, c = 0 } = params;
  if (format === 'nm' && sparse) {
    const { group } = element;
    if (n <= group / 2 && (m % group === 0 || m === 2 * n)) return { way: 'sparse', share: 1 };
    const most = extraShare * Math.min(group, m / 2);
    if (n <= most && (m === group || m % (2 * group) === 0)) return { way: 'extra', share: 1 };
  }
  if (format === 'block' && r % 16 === 0 && (c * element.bytes) % 32 === 0) return { way: 'blocks', share: kept };
  return { way: 'dense', share: 1 };
}

/** Channels of other groups are left out where whole tiles have none of their own. */
function wayOfGroups({ groups, rows, run }: Size, { bytes }: Element): Promised {
  const [rowsEach, channelsEach, segment] = [rows / groups, run / groups, segmentBytes / bytes];
  const met = Math.min(groups, (tileRows - 1 + rowsEach) / rowsEach);
  const share = Math.min(1, (met * channelsEach + segment - 1) / run);
  return share < mostLive ? { way: 'blocks', share } : { way: 'dense', share: 1 };
}
