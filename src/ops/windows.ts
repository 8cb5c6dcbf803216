/** What a kernel sees at each of its places on a picture, as vectors ("im2col"): columns are [group][tap][channel]. */
import type { Vectors } from './products.ts';
import { gridOf, magnitude } from './products.ts';
import { lanes } from './sparse-rows.ts';

export interface Windows {
  /** [n, h, w, c] */
  readonly shape: readonly number[];
  /** Down, across, as all that follow. */
  readonly taps: readonly number[];
  readonly places: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Before the first row and column. */
  readonly pad: readonly number[];
  readonly groups: number;
}

/** One vector for each place, picture by picture and row by row. Outside of the picture there are zeros. */
export function windowsOf(data: ArrayLike<number>, windows: Windows): Vectors {
  const { shape, taps, places, groups } = windows;
  const channels = shape[3];
  const deep = channels / groups;
  const kernel = taps[0] * taps[1];
  // Behind the last pixel one more, of zeros, which all taps outside of the picture read.
  const x = new Float64Array(data.length + channels);
  x.set(data);
  const below = new Int32Array(kernel * lanes);
  return {
    count: shape[0] * places[0] * places[1],
    most: magnitude(gridOf(x, 1, x.length)),
    layOut(to, first, from, end) {
      // Runs of channels, a tap each; from group to group taps repeat.
      const start = Math.floor(from / deep);
      locate(below, windows, first, { run: start, count: Math.min(Math.ceil(end / deep) - start, kernel) });
      for (let c = from; c < end; ) {
        const run = Math.floor(c / deep);
        const tap = lanes * (run % kernel);
        const channel = Math.floor(run / kernel) * deep - run * deep;
        for (const last = Math.min((run + 1) * deep, end); c < last; c++) {
          const at = lanes * (c - from);
          for (let lane = 0; lane < lanes; lane++) to[at + lane] = x[below[tap + lane] + channel + c];
        }
      }
    },
  };
}

/** Where the pixel below each of some taps begins, for eight places from `first` on. */
function locate(
  below: Int32Array,
  { shape, taps, places, stride, dilation, pad }: Windows,
  first: number,
  some: { readonly run: number; readonly count: number },
): void {
  const [n, h, w, channels] = shape;
  for (let lane = 0; lane < lanes; lane++) {
    const row = Math.floor((first + lane) / places[1]);
    const top = (row % places[0]) * stride[0] - pad[0];
    const left = ((first + lane) % places[1]) * stride[1] - pad[1];
    const picture = Math.floor(row / places[0]);
    for (let i = 0; i < some.count; i++) {
      const tap = (some.run + i) % (taps[0] * taps[1]);
      const down = Math.floor(tap / taps[1]);
      const y = top + down * dilation[0];
      const z = left + (tap - down * taps[1]) * dilation[1];
      const inside = picture < n && y >= 0 && y < h && z >= 0 && z < w;
      below[tap * lanes + lane] = (inside ? (picture * h + y) * w + z : n * h * w) * channels;
    }
  }
}
