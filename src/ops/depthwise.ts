/** Depthwise convolutions: sums of products with a filter for each channel, where nothing is shared between channels. */
import type { Windows } from './windows.ts';

/**
 * The sums of each place and channel, at place · c + channel, of x [n, h, w, c] and weights [c, kh, kw, 1]: pixel by
 * pixel below the window, all channels of it at once. In doubles, so whole numbers must be small enough for that.
 */
export function depthwise(
  data: ArrayLike<number>,
  weights: ArrayLike<number>,
  { shape: [n, h, w, c], taps: [kh, kw], places: [oh, ow], stride, dilation, pad }: Windows,
): Float64Array<ArrayBuffer> {
  const x = new Float64Array(data);
  // Tap by tap.
  const filters = new Float64Array(weights.length);
  for (let at = 0; at < weights.length; at++) filters[(at % (kh * kw)) * c + Math.floor(at / (kh * kw))] = weights[at];
  const totals = new Float64Array(n * oh * ow * c);
  for (let place = 0, to = 0; to < totals.length; place++, to += c) {
    const row = Math.floor(place / ow);
    const top = (row % oh) * stride[0] - pad[0];
    const left = (place % ow) * stride[1] - pad[1];
    for (let ky = 0; ky < kh; ky++)
      for (let kx = 0; kx < kw; kx++) {
        const [y, z] = [top + ky * dilation[0], left + kx * dilation[1]];
        if (y < 0 || y >= h || z < 0 || z >= w) continue;
        const pixel = ((Math.floor(row / oh) * h + y) * w + z) * c;
        const filter = (ky * kw + kx) * c;
        for (let k = 0; k < c; k++) totals[to + k] += x[pixel + k] * filters[filter + k];
      }
  }
  return totals;
}
