import type { Arr } from '../loop/loop.ts';
import type { Lifetime } from './arena.ts';
import type { Chain } from './chains.ts';
import type { Step } from './plan.ts';

/**
 * From the first step that writes an array to the last that touches it, for all but the arrays that live elsewhere. In a
 * chain every step may be the first and the last: what more than one of them touches, or one outside, lives through it.
 */
export function lifetimesOf(
  steps: readonly Pick<Step, 'reads' | 'writes'>[],
  elsewhere: (array: Arr) => boolean,
  chains: readonly Chain[] = [],
): readonly Lifetime[] {
  const lives = new Map<Arr, { first: number; last: number }>();
  steps.forEach(({ reads, writes }, i) => {
    for (const array of [...reads, ...writes]) {
      if (elsewhere(array)) continue;
      const life = lives.get(array);
      if (life) life.last = i;
      else lives.set(array, { first: i, last: i });
    }
  });
  for (const { first, last } of chains)
    for (const life of lives.values()) {
      // The scratch of one step is free again before the next.
      if (life.first === life.last) continue;
      if (life.first > first && life.first <= last) life.first = first;
      if (life.last >= first && life.last < last) life.last = last;
    }
  const windows = new Map(chains.flatMap((c) => c.windows.map((w) => [w.array, w.panels * w.size] as const)));
  return Array.from(lives, ([array, life]) => {
    const length = windows.get(array);
    return { array, ...life, ...(length !== undefined && { length }) };
  });
}
