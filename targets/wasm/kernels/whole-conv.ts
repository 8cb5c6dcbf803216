/** Convolutions of whole numbers up to the scale of their result: on pairs of channels, sums rounded where they are. */
import type { Call } from '../../../src/graph/graph.ts';
import type { Conv2d } from '../../../src/ops/conv2d.ts';
import type { Requantize } from '../../../src/ops/requantize.ts';
import type { Kernel, KernelMatch, KernelSite, Reading } from '../../../src/plan/kernel.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { isLive } from '../../../src/tensor/matrix.ts';
import { isPairs, rowBytes, wordsOf } from '../panels.ts';
import { mostShort } from '../wish-whole.ts';
import { panelCalls } from './conv-panels.ts';
import { kindFor, packPairs, taps } from './pair-stream.ts';
import { pairTiles } from './pair-tile.ts';
import type { Rescalings, Sums } from './rescale.ts';
import { ofRow, rescalingsOf } from './rescale.ts';
import { slide } from './slide.ts';
import type { Sliding } from './window.ts';
import { tapsOf, windowOf } from './window.ts';

export const wholeConv: Kernel = {
  name: 'whole-conv',
  doc: 'convolutions of whole numbers with what brings their sums to the next scale, on pairs of channels',
  integers: true,

  absorbs(site) {
    const layer = layerOf(site);
    return typeof layer === 'string' ? [] : [layer.call];
  },

  match(site) {
    const layer = layerOf(site);
    if (typeof layer === 'string') return layer;
    return layer.op.groups === 1 && isPointwise(layer) ? pointwise(site, layer) : sliding(site, layer);
  },
};

interface Layer {
  readonly call: Call;
  readonly op: Conv2d;
  readonly requantize: Requantize;
  readonly x: Reading;
  readonly matrix: Matrix;
  readonly rescalings: Rescalings;
}

/** Whether rounding and bounds in 16 bits are those in 32. */
export const isNarrow = ({ low, high }: Requantize, zero: number): boolean =>
  Math.max(Math.abs(low), Math.abs(high), Math.abs(zero)) < 2 ** 14;

/** The convolution whose sums are brought to another scale; the reason where it is not one for pairs. */
function layerOf(site: Reading): Layer | string {
  const requantize = site.call.op;
  if (requantize.kind !== 'requantize') return 'does not bring sums to another scale';
  if (!isPairs(site.result.type)) return 'the result is not in pairs';
  const x = site.behind('x');
  const op = x?.call.op;
  if (!x || op?.kind !== 'conv2d') return 'the sums are not those of a convolution, or others read them too';
  if (!isPairs(x.types.x)) return 'the convolution is not given pairs';
  if (op.activation !== 'none' || op.residual) return 'the convolution adds or bounds something';
  const [, , , c] = x.types.x.shape;
  const [o] = x.types.weights.shape;
  if (op.groups > 1 && (op.groups !== c || o !== c)) return 'has groups of several channels';
  const [bias, multiplier, shift, zero] = [x.constant('bias'), ...parameters.map((p) => site.constant(p))];
  const bounds = x.bounds('x');
  if (!bias || !multiplier || !shift || !zero || !bounds) return 'parameters are computed, or bounds not known';
  const { weights } = x;
  if (!weights || weights.matrix.data.some((w) => Math.abs(w) > mostShort)) return 'weights do not have 16 bits';
  if (!isNarrow(requantize, zero[0])) return 'bounds do not have 14 bits';
  const { matrix } = weights;
  const most = Math.max(-bounds.low, bounds.high);
  const rows = Array.from({ length: matrix.rows }, (_, row): Sums => {
    let [reach, weight] = [Math.abs(bias[row]), 0];
    for (let i = row * matrix.columns; i < (row + 1) * matrix.columns; i++) {
      const size = isLive(matrix, i) ? Math.abs(matrix.data[i]) : 0;
      reach += most * size;
      weight = Math.max(weight, size);
    }
    return { bias: bias[row], multiplier: ofRow(multiplier, row), shift: ofRow(shift, row), reach, weight };
  });
  const rescalings = rescalingsOf(rows, zero[0]);
  return rescalings ? { call: x.call, op, requantize, x, matrix, rescalings } : 'sums may not fit 32 bits';
}

const parameters = ['multiplier', 'shift', 'zero'] as const;

const isPointwise = ({ op, x }: Layer): boolean => {
  const [, kh, kw] = x.types.weights.shape;
  return kh === 1 && kw === 1 && op.stride.every((s) => s === 1) && op.pad.every((p) => p === 0);
};

function pointwise(site: KernelSite, layer: Layer): KernelMatch {
  const { result } = site;
  const { x, matrix, rescalings, requantize } = layer;
  const kind = kindFor(matrix);
  const [from, to] = [wordsOf(x.types.x), wordsOf(result.type)];
  const calls = panelCalls({
    x: { array: x.arrays.x, type: from },
    y: { array: result.array, type: to },
    stream: packPairs(site, matrix, kind, rescalings, { taps: [0], plane: rowBytes }),
    rows: to.shape[3],
    tilesFor: (vectors) => pairTiles({ pixelRows: 1, vectors, tail: 4 }, kind, rescalings),
    low: requantize.low,
    high: requantize.high,
  });
  return { calls };
}

function sliding(site: KernelSite, layer: Layer): KernelMatch {
  const { result, scratch } = site;
  const { op, x, matrix, rescalings, requantize } = layer;
  const apart = op.groups > 1;
  const [from, to] = [wordsOf(x.types.x), wordsOf(result.type)];
  const [, kh, kw] = x.types.weights.shape;
  const channels = from.shape[3];
  const geometry: Sliding = { ...op, groups: apart ? channels : 1 };
  const kind = apart ? taps : kindFor(matrix);
  const weights = [to.shape[3], kh, kw, apart ? 1 : channels];
  const window = windowOf(geometry, from.shape, weights, to.shape, apart ? 1 : kind.width);
  const call = slide(geometry, {
    x: { array: x.arrays.x, type: from },
    y: { array: result.array, type: to },
    window,
    scratch,
    rows: apart ? window.count : to.shape[3],
    stream: packPairs(site, matrix, kind, rescalings, {
      taps: tapsOf(op, window, kh, kw),
      plane: window.plane,
      ...(apart && { round: window.count }),
    }),
    tiling: pairTiles(window.tile, kind, rescalings),
    border: 0,
    low: requantize.low,
    high: requantize.high,
  });
  return { calls: [call] };
}
