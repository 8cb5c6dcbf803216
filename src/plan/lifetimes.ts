import type { Arr } from '../loop/loop.ts';
import type { Lifetime } from './arena.ts';
import type { Step } from './plan.ts';

/** From the first step that writes an array to the last that touches it, for all but the arrays that live elsewhere. */
export function lifetimesOf(
  steps: readonly Pick<Step, 'reads' | 'writes'>[],
  elsewhere: (array: Arr) => boolean,
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
  return Array.from(lives, ([array, life]) => ({ array, ...life }));
}
