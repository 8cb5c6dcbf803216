/** Rings of pixels: how deep, and where the entries of a layer are in them. */

import type { Ring } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import type { Banks } from '../schedule/banks.ts';

export const pitchOf = ({ input, pad }: Pick<Layer, 'input' | 'pad'>): number => input[1] + pad[1] + pad[3];

/** The pixel, counted in the padded image, that the first tap of output pixel (y, x) reads. */
export const baseOf = (layer: Layer, y: number, x: number): number =>
  y * layer.stride[0] * pitchOf(layer) + x * layer.stride[1];

/** From the first tap to the last, in pixels. */
export const reachOf = (layer: Layer): number =>
  (layer.taps[0] - 1) * layer.dilation[0] * pitchOf(layer) + (layer.taps[1] - 1) * layer.dilation[1];

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, least)));

/**
 * Depths worth having, smallest first: one in which a group's pixels may come while the group before is computed, and
 * one in which that also holds from row to row, where strides skip whole rows.
 */
export function depthsFor(layer: Layer, slots: number, group: number): readonly number[] {
  const step = group * layer.stride[1];
  const live = reachOf(layer) + (group - 1) * layer.stride[1] + 1;
  const groups = Math.ceil(layer.output[1] / group);
  const turn = layer.output[0] > 1 ? baseOf(layer, 1, 0) - baseOf(layer, 0, (groups - 1) * group) : 0;
  const depths = [live + (layer.output[0] * groups > 1 ? step : 0), live + Math.max(step, turn)];
  return [...new Set(depths.map((pixels) => powerOfTwo(pixels * slots)))];
}

export const ringOf = (layer: Layer, { copies, bank, slot, slots }: Banks, depth: number): Ring => ({
  depth,
  slots,
  pixels: Math.floor(depth / slots),
  pitch: pitchOf(layer),
  bits: layer.inputBits,
  copies,
  bank,
  slot,
});

/** Where each entry is, from the group's base on. */
export function offsetsOf(layer: Layer, { slots, slot }: Banks): Int32Array<ArrayBuffer> {
  const { channels, taps, dilation, weights } = layer;
  const tapOffset = Int32Array.from(
    { length: taps[0] * taps[1] },
    (_, tap) => (Math.floor(tap / taps[1]) * dilation[0] * pitchOf(layer) + (tap % taps[1]) * dilation[1]) * slots,
  );
  const { column } = weights;
  const out = new Int32Array(column.length);
  for (let e = 0; e < column.length; e++) {
    const channel = column[e] % channels;
    out[e] = tapOffset[(column[e] - channel) / channels] + slot[channel];
  }
  return out;
}
