/** What layers take on tensor cores, by shapes and formats alone: what chooses formats, and what explanations say of blocks and bounds. */

import type { Call } from '../../../src/graph/graph.ts';
import type { Types } from '../../../src/ops/rules.ts';
import { alignUp } from '../../../src/plan/arena.ts';
import type { Prediction } from '../../../src/plan/rates.ts';
import type { Work } from '../../../src/target.ts';
import type { Params } from '../../../src/tensor/type.ts';
import { elements as count } from '../../../src/tensor/type.ts';
import { mostPhases, phaseCount, phasesIn } from '../../gpu/phases.ts';
import { countsPromised } from './blocks-counts.ts';
import type { Element } from './elements.ts';
import { perPiece, perStep } from './elements.ts';
import type { Estimate, Layer } from './estimate.ts';
import { bestSplit } from './estimate.ts';
import { extraShare } from './extra.ts';
import { bytesOf, fewest } from './layer.ts';
import type { Tile, Way } from './tiles.ts';
import { mostSegments, segmentBytes, sharedBytes, tileRows, tilesOf } from './tiles.ts';
import { mostUngrouped } from './ungrouped.ts';
import { mostLive } from './ways.ts';

export interface TensorPrediction extends Prediction {
  /** Whether weights of the format are multiplied as it has them, all of them where it is dense: others are stored with their zeros. */
  readonly own: boolean;
}

/** Of layers that tensor cores take. `room`: bytes of shared memory that a block can have. */
export const predictTensor =
  (element: Element, { sparse, room }: { readonly sparse: boolean; readonly room: number }) =>
  ({ call, types, encoding, cost }: Work): TensorPrediction | undefined => {
    const { op } = call;
    if (op.kind !== 'linear' && op.kind !== 'conv2d' && op.kind !== 'conv-transpose2d') return undefined;
    const groups = op.kind === 'conv2d' ? op.groups : 1;
    const { shape } = types.weights;
    const [rows, run] = [shape[0], groups * shape[shape.length - 1]];
    if ((groups > 1 && groups === run) || groups * count(shape) > mostUngrouped) return undefined;
    const columns = (groups * count(shape)) / rows;
    const pixels = count(call.type.shape) / rows;
    if (rows < fewest.rows || columns < fewest.columns || pixels < fewest.pixels) return undefined;
    const padded = alignUp(run, perPiece(element));
    const x = count(types.x.shape);
    const along = op.kind === 'linear' ? 'rows' : 'pixels';
    const { way, share } =
      groups > 1
        ? groupsOf(groups, rows, run, element)
        : wayOf(encoding.format, encoding.params, cost.multiplies / count(shape), element, sparse);
    const r = groups > 1 ? Math.max(tileRows, rows / groups) : encoding.params.r;
    const productOf = ({ taps, pixels }: Product) => {
      const steps = Math.ceil((taps * padded) / perStep(element));
      const bytes = bytesOf(x, (x / run) * padded, element, pixels * rows);
      const layerIn = (tile: Tile): Layer => ({
        ...{ rows, pixels, bytes, steps: Math.ceil(rows / tile.rows) * steps, longest: steps, live: 1 },
        ...(way === 'blocks' && countsPromised(tile, steps * mostSegments, Math.ceil(rows / tileRows), share, r)),
      });
      const [tile, best] = tilesOf(way)
        .filter((t) => sharedBytes(way, t, element, along) <= room)
        .map((t) => [t, bestSplit(way, t, element, along, layerIn(t))] as const)
        .reduce((a, b) => (b[1].ns < a[1].ns ? b : a));
      const [height, width] = [Math.ceil(rows / tile.rows) * tile.rows, Math.ceil(pixels / tile.pixels) * tile.pixels];
      const padding = (height * width * steps * perStep(element)) / (rows * pixels * taps * run) - 1;
      return { ...best, detail: inWords(tile, best, padding) };
    };
    const products = productsOf(call, types, columns / run, pixels);
    if (products.length === 0) return undefined;
    const all = products.map(productOf);
    const longest = all.reduce((a, b) => (b.ns > a.ns ? b : a));
    return {
      ns: all.reduce((sum, { ns }) => sum + ns, 0),
      bound: longest.bound,
      own: encoding.format === 'dense' || (way !== 'dense' && groups === 1),
      family: `${wordsOf[way]} in ${element.name}`,
      detail: products.length > 1 ? `${products.length} products, ${longest.detail}` : longest.detail,
    };
  };

interface Product {
  readonly taps: number;
  readonly pixels: number;
}

/** One, or of a transposed convolution one for each phase; none where these are too many. */
function productsOf({ op }: Call, types: Types, taps: number, pixels: number): readonly Product[] {
  if (op.kind !== 'conv-transpose2d') return [{ taps, pixels }];
  if (phaseCount(op) > mostPhases) return [];
  const { rows, columns } = phasesIn(op, types.x.shape, types.weights.shape);
  return rows.flatMap((row) =>
    columns.map((column) => ({
      taps: Math.max(1, row.taps.length * column.taps.length),
      pixels: types.x.shape[0] * row.count * column.count,
    })),
  );
}

export const wordsOf: Readonly<Record<Way, string>> = {
  dense: 'tensor cores',
  sparse: 'sparse tensor cores',
  extra: 'sparse tensor cores, half of the columns twice',
  blocks: 'tensor cores, tiles left out',
  gathered: 'sparse tensor cores, columns gathered',
};

/** `128x128 a block, 2 blocks and 25 % of the threads of a multiprocessor, 3.2 MB moved`. */
export function inWords(
  tile: Pick<Tile, 'rows' | 'pixels'>,
  { resident, occupancy, splits, bytes }: Estimate,
  padding: number,
): string {
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  const held = `${resident} ${resident === 1 ? 'block' : 'blocks'} and ${percent(occupancy)} of the threads of a multiprocessor`;
  return [
    `${tile.rows}x${tile.pixels} a block`,
    ...(splits > 1 ? [`steps shared by ${splits}`] : []),
    held,
    `${bytes < 1e7 ? (bytes / 1e6).toPrecision(2) : Math.round(bytes / 1e6)} MB moved`,
    ...(padding > 0.1 ? [`${percent(padding)} padding`] : []),
  ].join(', ');
}

/** How weights of a format are multiplied, and the share of all tiles that are. What has no way of its own is multiplied with its zeros. */
export function wayOf(
  format: string,
  { n = 0, m = 0, r = 0, c = 0 }: Params,
  live: number,
  element: Element,
  sparse: boolean,
): { readonly way: Way; readonly share: number } {
  if (format === 'nm' && sparse) {
    const { group } = element;
    if (n <= group / 2 && (m % group === 0 || m === 2 * n)) return { way: 'sparse', share: 1 };
    const most = extraShare * Math.min(group, m / 2);
    if (n <= most && (m === group || m % (2 * group) === 0)) return { way: 'extra', share: 1 };
  }
  if (format === 'block' && r % 16 === 0 && (c * element.bytes) % 32 === 0) return { way: 'blocks', share: live };
  return { way: 'dense', share: 1 };
}

/** Channels of other groups are left out where whole tiles have none of their own. */
function groupsOf(groups: number, rows: number, channels: number, { bytes }: Element): ReturnType<typeof wayOf> {
  const [rowsEach, channelsEach, segment] = [rows / groups, channels / groups, segmentBytes / bytes];
  const met = Math.min(groups, (tileRows - 1 + rowsEach) / rowsEach);
  const share = Math.min(1, (met * channelsEach + segment - 1) / channels);
  return share < mostLive ? { way: 'blocks', share } : { way: 'dense', share: 1 };
}
