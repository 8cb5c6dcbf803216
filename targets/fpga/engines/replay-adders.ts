/** What adders and shifts compute, window by window: the oracle of the unrolled engine. */
import type { Term, UnrolledPlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { columnsOf } from '../contract/layer.ts';

/** The sums without bias, [height, width, rows]. `x` is [height, width, channels]. */
export function replayAdders({ adders, results }: UnrolledPlan, layer: Layer, x: Int32Array): Int32Array<ArrayBuffer> {
  const { channels, taps, stride, dilation, pad, input, output, rows } = layer;
  const out = new Int32Array(output[0] * output[1] * rows);
  const window = new Int32Array(columnsOf(layer));
  const sums = new Int32Array(adders.length);
  const term = ({ from, of, shift, negative }: Term): number => {
    const value = (from === 'column' ? window[of] : sums[of]) << shift;
    return negative ? -value : value;
  };
  for (let pixel = 0; pixel < output[0] * output[1]; pixel++) {
    const [y, at] = [Math.floor(pixel / output[1]), pixel % output[1]];
    for (let c = 0; c < window.length; c++) {
      const tap = Math.floor(c / channels);
      const sy = y * stride[0] + Math.floor(tap / taps[1]) * dilation[0] - pad[0];
      const sx = at * stride[1] + (tap % taps[1]) * dilation[1] - pad[1];
      const inside = sy >= 0 && sy < input[0] && sx >= 0 && sx < input[1];
      window[c] = inside ? x[(sy * input[1] + sx) * channels + (c % channels)] : 0;
    }
    for (const [i, { left, right }] of adders.entries()) sums[i] = (term(left) + term(right)) | 0;
    for (const [r, result] of results.entries()) out[pixel * rows + r] = result ? term(result) : 0;
  }
  return out;
}
