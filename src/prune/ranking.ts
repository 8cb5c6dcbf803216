/** Which units are kept: the highest of all, found by counting in time linear in their number. */
import type { Units } from './pruner.ts';

/** 1 for each unit that is kept. */
export type Kept = Uint8Array<ArrayBuffer>;

/**
 * Keeps units from the highest score down, over all `pools` together, until the next one would leave `target` weights
 * further behind than they are ahead of it. Equal scores are kept from the first on; NaN is above everything. Of each
 * pool at least one unit is kept: a layer without any weight would make the model a constant.
 */
export function keepHighest(pools: readonly Units[], target: number): readonly Kept[] {
  const { threshold, above } = thresholdFor(pools, target);
  let total = above;
  let open = true;
  return pools.map((units) => {
    const { scores } = units;
    const bits = bitsOf(scores);
    const kept = new Uint8Array(scores.length);
    let any = false;
    for (let u = 0; u < kept.length; u++) {
      const value = bits[u] & magnitude;
      if (value < threshold) continue;
      if (value === threshold) {
        const size = sizeOf(units, u);
        open &&= total + size / 2 <= target;
        if (!open) continue;
        total += size;
      }
      kept[u] = 1;
      any = true;
    }
    if (!any && kept.length > 0) kept[highest(bits)] = 1;
    return kept;
  });
}

const magnitude = 0x7fffffff;

/** Scores are not negative, so that their bits are ordered as they are. */
const bitsOf = ({ buffer, byteOffset, length }: Float32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> =>
  new Uint32Array(buffer, byteOffset, length);

const sizeOf = ({ sizes }: Units, unit: number): number => (typeof sizes === 'number' ? sizes : sizes[unit]);

interface Threshold {
  /** The bits of the score below which nothing is kept; of those that have it, as many as fit. */
  readonly threshold: number;
  /** Weights in units with a higher score. */
  readonly above: number;
}

/** Two passes: the upper half of the bits, and the lower one among those that share the upper. */
function thresholdFor(pools: readonly Units[], target: number): Threshold {
  const upper = crossing(
    weigh(pools, (bits) => bits >>> 16, 1 << 15),
    0,
    target,
  );
  if (!upper) return { threshold: 0, above: 0 };
  const inside = (bits: number): number => (bits >>> 16 === upper.bucket ? bits & 0xffff : -1);
  const lower = crossing(weigh(pools, inside, 1 << 16), upper.above, target);
  if (!lower) return { threshold: 0, above: 0 };
  return { threshold: upper.bucket * 0x10000 + lower.bucket, above: lower.above };
}

/** How many weights fall into each bucket; −1 is none. */
function weigh(pools: readonly Units[], bucketOf: (bits: number) => number, buckets: number): Float64Array {
  const sums = new Float64Array(buckets);
  for (const units of pools) {
    const bits = bitsOf(units.scores);
    for (let u = 0; u < bits.length; u++) {
      const bucket = bucketOf(bits[u] & magnitude);
      if (bucket >= 0) sums[bucket] += sizeOf(units, u);
    }
  }
  return sums;
}

/** The first bucket from the top with which there are more than `target`, and what is above it. */
function crossing(sums: Float64Array, before: number, target: number): { bucket: number; above: number } | undefined {
  let above = before;
  for (let bucket = sums.length - 1; bucket >= 0; bucket--) {
    if (above + sums[bucket] > target) return { bucket, above };
    above += sums[bucket];
  }
  return undefined;
}

function highest(bits: Uint32Array): number {
  let best = 0;
  for (let u = 1; u < bits.length; u++) if ((bits[u] & magnitude) > (bits[best] & magnitude)) best = u;
  return best;
}
