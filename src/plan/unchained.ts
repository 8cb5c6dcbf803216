/** Plans whose steps run one after the other, for those who run each by itself: what is between them is then there whole. */
import type { Arr } from '../loop/loop.ts';
import { placeArrays } from './arena.ts';
import { lifetimesOf } from './lifetimes.ts';
import type { Plan } from './plan.ts';

export function unchained(plan: Plan): Plan {
  const { inputs, outputs, constants, steps, chains } = plan;
  if (chains.length === 0) return plan;
  const elsewhere = new Set<Arr>([...inputs, ...outputs, ...constants].map(({ array }) => array));
  return { ...plan, chains: [], arena: placeArrays(lifetimesOf(steps, (array) => elsewhere.has(array))) };
}
