/**
 * Transposed convolutions: an output pixel at place u of the full result reads the taps that u leaves the same remainder
 * of the stride as. The pixels of each remainder are a convolution at stride 1, and all remainders together are one
 * convolution with as many times the channels, whose channels are then spread out over the pixels.
 */
import type { Weights } from '../../../src/graph/weights.ts';
import type { ConvTranspose2d } from '../../../src/ops/conv-transpose2d.ts';
import type { Kernel } from '../../../src/plan/kernel.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { isLive } from '../../../src/tensor/matrix.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import { storedLength, tensor } from '../../../src/tensor/type.ts';
import { isPanels, panels, rowBytes } from '../panels.ts';
import { windowOffsets } from './conv-window.ts';
import { epilogueOf } from './epilogue.ts';
import { pickCall } from './pixels.ts';
import { multiplied, packRows } from './rows.ts';
import { slide } from './slide.ts';
import { tilesOf } from './tile.ts';
import type { Sliding } from './window.ts';
import { windowOf } from './window.ts';

export const convTranspose: Kernel = {
  name: 'conv-transpose',
  doc: 'transposed convolutions',

  match(site) {
    const { types, arrays, result, weights } = site;
    const { op } = site.call;
    if (op.kind !== 'conv-transpose2d') return 'not a transposed convolution';
    const bias = site.constant('bias');
    if (!weights || !bias) return 'weights or bias are computed';
    // Taps on the border multiply zeros, which the loops leave out.
    if (!weights.matrix.data.every(Number.isFinite)) return 'a weight is not finite';
    if (!isPanels(types.x) || !isPanels(result.type)) return 'does not go from panels to panels';
    const [n, h, w, channels] = types.x.shape;
    const epilogue = epilogueOf(site, op.activation);
    if (typeof epilogue === 'string') return epilogue;

    const [, oh, ow, o] = result.type.shape;
    const [, kh, kw] = types.weights.shape;
    const down = axisOf(kh, op.stride[0], op.dilation[0], op.pad[0], oh);
    const across = axisOf(kw, op.stride[1], op.dilation[1], op.pad[1], ow);
    const remainders = down.stride * across.stride;
    const type = tensor('f32', [n, down.places, across.places, o * remainders], panels);
    const wide: Shape = [o * remainders, down.window, across.window, channels];
    const sliding: Sliding = { stride: [1, 1], dilation: [1, 1], groups: 1, pad: padOf(down, across, h, w) };
    const window = windowOf(sliding, types.x.shape, wide, type.shape);
    const repeated = Float32Array.from({ length: o * remainders }, (_, row) => bias[row % o]);
    const matrix = spreadOut(weights, op, down, across, channels);
    const rows = o * remainders;
    const between = site.scratch('remainders', 'f32', storedLength(type));
    const call = slide(sliding, {
      x: { array: arrays.x, type: types.x },
      y: { array: between, type },
      window,
      scratch: site.scratch,
      rows,
      stream: packRows(site, matrix, 1, repeated, windowOffsets(sliding, wide, window, rows)),
      tiling: tilesOf(window.tile, 1),
      border: 0,
      low: epilogue.low,
      high: epilogue.high,
    });
    const spread = pickCall({
      x: { array: between, type },
      y: result,
      pack: site.pack,
      down: placesOf(down, oh).map(([place, r]) => [place * across.places, r * across.stride * o * rowBytes]),
      across: placesOf(across, ow).map(([place, r]) => [place, r * o * rowBytes]),
      value: 0,
    });
    return { calls: [call, spread, ...epilogue.after] };
  },
};

/** One axis. Pixel i of the result is at u = i + cut of the full result, remainder u % stride, place u / stride - first. */
interface Axis {
  readonly stride: number;
  readonly cut: number;
  readonly first: number;
  readonly places: number;
  /** Input pixels that a place reads: from place + first - (window - 1) to place + first. */
  readonly window: number;
  /** For each tap, its remainder and its pixel of the window. */
  readonly taps: readonly { readonly remainder: number; readonly at: number }[];
}

function axisOf(kernel: number, stride: number, dilation: number, cut: number, size: number): Axis {
  const window = Math.floor(((kernel - 1) * dilation) / stride) + 1;
  // Not after the first pixel of the picture is the last of a window, so that there is nothing to cut off from it.
  const first = Math.min(Math.floor(cut / stride), window - 1);
  const places = Math.floor((cut + size - 1) / stride) - first + 1;
  const taps = Array.from({ length: kernel }, (_, k) => {
    const back = Math.floor((k * dilation) / stride);
    return { remainder: (k * dilation) % stride, at: window - 1 - back };
  });
  return { stride, cut, first, places, window, taps };
}

const padOf = (down: Axis, across: Axis, h: number, w: number): readonly number[] => {
  const [top, left] = [down.window - 1 - down.first, across.window - 1 - across.first];
  const after = ({ places, window }: Axis, before: number, size: number): number =>
    Math.max(0, places - 1 + window - before - size);
  return [top, left, after(down, top, h), after(across, left, w)];
};

const placesOf = (
  { stride, cut, first }: Axis,
  size: number,
): readonly (readonly [place: number, remainder: number])[] =>
  Array.from({ length: size }, (_, i) => [Math.floor((i + cut) / stride) - first, (i + cut) % stride]);

/** The weights of the one convolution: row (remainder down, remainder across, output channel). */
function spreadOut(weights: Weights, { stride }: ConvTranspose2d, down: Axis, across: Axis, channels: number): Matrix {
  const from = multiplied(weights);
  const columns = down.window * across.window * channels;
  const rows = from.rows * stride[0] * stride[1];
  const data = new Float32Array(rows * columns);
  const mask = new Uint8Array(rows * columns);
  for (let c = 0; c < from.rows; c++)
    down.taps.forEach((y, ky) => {
      across.taps.forEach((x, kx) => {
        const row = (y.remainder * stride[1] + x.remainder) * from.rows + c;
        const to = row * columns + (y.at * across.window + x.at) * channels;
        const tap = (c * down.taps.length * across.taps.length + ky * across.taps.length + kx) * channels;
        for (let i = 0; i < channels; i++) {
          data[to + i] = from.data[tap + i];
          mask[to + i] = Number(isLive(from, tap + i));
        }
      });
    });
  return { rows, columns, run: channels, data, mask };
}
