/** Cycles that an image takes: loader, compute and drain side by side, group by group, as `ScheduledPlan` says. */
import type { Ring } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { baseOf, reachOf } from './ring.ts';

export interface Pace {
  /** Output pixels of a group. */
  readonly group: number;
  /** Cycles that a group is computed. */
  readonly busy: number;
  /** Drain entries of a pixel. */
  readonly entries: number;
  readonly halves: number;
  readonly latency: number;
  readonly ring: Pick<Ring, 'slots' | 'pixels'>;
}

export function cyclesOf(layer: Layer, pace: Pace): number {
  const [height, width] = layer.output;
  const { group, busy, entries, halves, latency, ring } = pace;
  const across = Math.ceil(width / group);
  const count = height * across;
  const base = Int32Array.from({ length: count }, (_, j) =>
    baseOf(layer, Math.floor(j / across), (j % across) * group),
  );
  const given = (j: number): number => Math.min(group, width - (j % across) * group);
  const ended = new Float64Array(count);
  const drained = new Float64Array(count);
  const reach = reachOf(layer);

  const load = loader(layer, ring, base, ended);
  for (let j = 0; j < count; j++) {
    const ready = load(base[j] + reach + (given(j) - 1) * layer.stride[1]);
    const free = j >= halves ? drained[j - halves] : 0;
    ended[j] = Math.max(ready, free, j > 0 ? ended[j - 1] : 0) + busy;
    drained[j] = Math.max(ended[j] + latency, j > 0 ? drained[j - 1] : 0) + given(j) * entries;
  }
  return Math.max(drained[count - 1], load(lastPixel(layer)));
}

/** The last pixel of the padded image that is a pixel of the image. */
const lastPixel = ({ input, pad }: Layer): number =>
  (pad[0] + input[0] - 1) * (input[1] + pad[1] + pad[3]) + pad[1] + input[1] - 1;

/**
 * When the pixels up to one are there; asked in rising order. Room is made as the groups that `ended` knows are left.
 */
function loader({ channels, input, pad }: Layer, ring: Pace['ring'], base: Int32Array, ended: Float64Array) {
  const pitch = input[1] + pad[1] + pad[3];
  let [next, time, passed] = [0, 0, 0];
  return (pixel: number): number => {
    for (; next <= pixel; next++) {
      while (passed < base.length && next >= base[passed] + ring.pixels) passed++;
      if (passed > 0) time = Math.max(time, ended[passed - 1]);
      const [y, x] = [Math.floor(next / pitch) - pad[0], (next % pitch) - pad[1]];
      const inside = y >= 0 && y < input[0] && x >= 0 && x < input[1];
      time += inside ? channels : ring.slots;
    }
    return time;
  };
}
