/** How large the numbers of a value were, over all that was seen of it. */
import type { Numbers } from '../tensor/numbers.ts';
import type { RangeRule } from './options.ts';

/** Bins of |x| for numbers other than 0, of equal width; width doubles when a number is beyond the last. */
export interface Histogram {
  readonly bins: Float64Array<ArrayBuffer>;
  width: number;
  /** The largest magnitude. */
  most: number;
  zeros: number;
  /** All numbers, those that are not finite left out. */
  count: number;
  notFinite: number;
}

const size = 2048;

export const emptyHistogram = (): Histogram => ({
  bins: new Float64Array(size),
  width: 0,
  most: 0,
  zeros: 0,
  count: 0,
  notFinite: 0,
});

export function observe(h: Histogram, data: Numbers): void {
  let most = 0;
  for (let i = 0; i < data.length; i++) {
    const x = Math.abs(data[i]);
    if (x < Infinity && most < x) most = x;
  }
  h.most = Math.max(h.most, most);
  if (h.width === 0 && most > 0) h.width = most / size;
  while (h.width * size < most) widen(h);
  for (let i = 0; i < data.length; i++) {
    const x = Math.abs(data[i]);
    if (!(x < Infinity)) h.notFinite++;
    else if (x === 0) h.zeros++;
    else h.bins[Math.min(Math.floor(x / h.width), size - 1)]++;
  }
  h.count += data.length;
}

/** Pairs of bins become one. */
function widen(h: Histogram): void {
  for (let i = 0; i < size; i++) h.bins[i] = i < size / 2 ? h.bins[2 * i] + h.bins[2 * i + 1] : 0;
  h.width *= 2;
}

/** The magnitude up to which numbers are told apart in `steps` steps; 0 where all were 0. */
export function thresholdOf(h: Histogram, rule: RangeRule, steps: number): number {
  switch (rule.kind) {
    case 'minmax':
      return h.most;
    case 'percentile':
      return percentile(h, rule.share);
    case 'mse':
      return leastError(h, steps);
  }
}

/** The share of all numbers whose magnitude is beyond a threshold, to the width of a bin. */
export function shareBeyond(h: Histogram, threshold: number): number {
  if (h.count === 0 || threshold >= h.most) return 0;
  let beyond = 0;
  for (let i = 0; i < size; i++) if ((i + 0.5) * h.width > threshold) beyond += h.bins[i];
  return beyond / h.count;
}

function percentile(h: Histogram, share: number): number {
  let below = h.zeros;
  const finite = h.count - h.notFinite;
  for (let i = 0; i < size; i++) {
    below += h.bins[i];
    if (below >= share * finite) return Math.min((i + 1) * h.width, h.most);
  }
  return h.most;
}

/** Thresholds that are tried: each so much of the one before. */
const shrink = 0.97;
const tries = 100;

function leastError(h: Histogram, steps: number): number {
  let [best, least] = [h.most, Infinity];
  for (let n = 0, threshold = h.most; n < tries; n++, threshold *= shrink) {
    const step = threshold / steps;
    let error = 0;
    for (let i = 0; i < size && error < least; i++) {
      if (h.bins[i] === 0) continue;
      const x = (i + 0.5) * h.width;
      const rest = x - Math.min(Math.round(x / step), steps) * step;
      error += h.bins[i] * rest * rest;
    }
    if (error < least) [best, least] = [threshold, error];
  }
  return best;
}
