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
import { kindFor, pairStream } from './pair-stream.ts';
import { pairTiles, tapTiles } from './pair-tile.ts';
import type { Rescaling } from './rescale.ts';
import { ofRow, rescalingOf } from './rescale.ts';
import { slide } from './slide.ts';
import { tapStream } from './tap-stream.ts';
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
  readonly rescalings: readonly Rescaling[];
  readonly zero: number;
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
  const rescalings: Rescaling[] = [];
  for (let row = 0; row < matrix.rows; row++) {
    let reach = Math.abs(bias[row]);
    for (let i = row * matrix.columns; i < (row + 1) * matrix.columns; i++)
      if (isLive(matrix, i)) reach += most * Math.abs(matrix.data[i]);
    const rescaling = rescalingOf(bias[row], ofRow(multiplier, row), ofRow(shift, row), reach);
    if (!rescaling) return 'sums may not fit 32 bits';
    rescalings.push(rescaling);
  }
  return { call: x.call, op, requantize, x, matrix, rescalings, zero: zero[0] };
}

const parameters = ['multiplier', 'shift', 'zero'] as const;

const isPointwise = ({ op, x }: Layer): boolean => {
  const [, kh, kw] = x.types.weights.shape;
  return kh === 1 && kw === 1 && op.stride.every((s) => s === 1) && op.pad.every((p) => p === 0);
};

const hasUp = ({ rescalings }: Layer): boolean => rescalings.some(({ up }) => up > 0);

function pointwise({ pack, result }: KernelSite, layer: Layer): KernelMatch {
  const { x, matrix, rescalings, zero, requantize } = layer;
  const kind = kindFor(matrix);
  const stream = pairStream(matrix, kind, rescalings, zero, (_tap, pair) => pair * rowBytes);
  const [from, to] = [wordsOf(x.types.x), wordsOf(result.type)];
  const calls = panelCalls({
    x: { array: x.arrays.x, type: from },
    y: { array: result.array, type: to },
    stream: pack('rows', stream).array,
    rows: to.shape[3],
    tilesFor: (vectors) => pairTiles({ pixelRows: 1, vectors, tail: 4 }, kind, hasUp(layer)),
    low: requantize.low,
    high: requantize.high,
  });
  return { calls };
}

function sliding({ pack, result, scratch }: KernelSite, layer: Layer): KernelMatch {
  const { op, x, matrix, rescalings, zero, requantize } = layer;
  const apart = op.groups > 1;
  const [from, to] = [wordsOf(x.types.x), wordsOf(result.type)];
  const [, kh, kw] = x.types.weights.shape;
  const channels = from.shape[3];
  const geometry: Sliding = { ...op, groups: apart ? channels : 1 };
  const kind = kindFor(matrix);
  const weights = [to.shape[3], kh, kw, apart ? 1 : channels];
  const window = windowOf(geometry, from.shape, weights, to.shape, kind.width);
  const taps = tapsOf(op, window, kh, kw);
  const up = hasUp(layer);
  const stream = apart
    ? tapStream(matrix, rescalings, zero, (tap, pair) => taps[tap] + (pair % window.count) * window.plane)
    : pairStream(matrix, kind, rescalings, zero, (tap, pair) => taps[tap] + pair * window.plane);
  const call = slide(geometry, {
    x: { array: x.arrays.x, type: from },
    y: { array: result.array, type: to },
    window,
    scratch,
    rows: apart ? window.count : to.shape[3],
    stream: pack('rows', stream).array,
    tiling: apart ? tapTiles(window.tile, up) : pairTiles(window.tile, kind, up),
    border: 0,
    low: requantize.low,
    high: requantize.high,
  });
  return { calls: [call] };
}
