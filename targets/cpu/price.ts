/** What work costs. */
import type { Work } from '../../src/target.ts';

export function price({ cost, reuse }: Work): number {
  return cost.multiplies * reuse + cost.bytes;
}
