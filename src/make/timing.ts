/** How long something takes, in milliseconds. */
import type { Timing } from '../toolchain/run-native.ts';

/** Runs `body` so many times. */
export function timingOf(times: number, body: () => void): Timing {
  return timingFrom(
    Array.from({ length: times }, () => {
      const since = performance.now();
      body();
      return performance.now() - since;
    }),
  );
}

/** Of runs that took so many milliseconds each. */
export const timingFrom = (taken: readonly number[]): Timing => ({
  medianMs: median(taken),
  minMs: Math.min(...taken),
});

/** The middle one of an odd number of numbers, the mean of the two middle ones of an even number. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
