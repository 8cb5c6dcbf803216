/**
 * Loads over bins: longest first, each to the bin with least (Graham's LPT). Ties go to the lower index, so that the
 * answer is one.
 */

export interface Balance {
  /** The bin of each load. */
  readonly bin: Int32Array<ArrayBuffer>;
  /** What each bin has. */
  readonly total: Int32Array<ArrayBuffer>;
  readonly most: number;
}

/** No bin gets more than `room` loads. */
export function balance(loads: ArrayLike<number>, bins: number, room = Math.ceil(loads.length / bins)): Balance {
  const order = Array.from({ length: loads.length }, (_, i) => i).sort((a, b) => loads[b] - loads[a] || a - b);
  const bin = new Int32Array(loads.length);
  const total = new Int32Array(bins);
  const left = new Int32Array(bins).fill(room);
  for (const load of order) {
    let best = -1;
    for (let b = 0; b < bins; b++) if (left[b] > 0 && (best < 0 || total[b] < total[best])) best = b;
    bin[load] = best;
    total[best] += loads[load];
    left[best]--;
  }
  return { bin, total, most: total.reduce((a, b) => Math.max(a, b), 0) };
}

/** Load i in bin i mod `bins`. */
export function roundRobin(loads: ArrayLike<number>, bins: number): Balance {
  const bin = Int32Array.from({ length: loads.length }, (_, i) => i % bins);
  const total = new Int32Array(bins);
  for (let i = 0; i < loads.length; i++) total[bin[i]] += loads[i];
  return { bin, total, most: total.reduce((a, b) => Math.max(a, b), 0) };
}
