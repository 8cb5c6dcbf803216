/** Whether two graphs mean the same: outputs for random inputs, with the room that adding in another order needs. */
import { expect } from 'vitest';
import type { Named } from '../../src/graph/evaluate.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';

export interface Compared {
  /** The largest difference between elements of an output, over the largest element. */
  readonly error: number;
  /** The output that has it. */
  readonly output: string;
}

/** Infinities and NaN count as equal to themselves, and as infinitely far from all else. */
export function largestError(want: Named, got: Named): Compared {
  expect(Object.keys(got)).toEqual(Object.keys(want));
  return Object.entries(want)
    .map(([output, data]) => ({ output, error: distance(data, got[output]) }))
    .reduce((worst, next) => (next.error > worst.error ? next : worst));
}

function distance(want: Numbers, got: Numbers): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  let [largest, apart] = [0, 0];
  for (const [i, w] of want.entries()) {
    if (Number.isFinite(w)) largest = Math.max(largest, Math.abs(w));
    if (!Object.is(w, got[i]) && w !== got[i]) apart = Math.max(apart, Math.abs(w - got[i]));
    if (Number.isNaN(w - got[i]) && !Object.is(w, got[i])) return Number.POSITIVE_INFINITY;
  }
  return apart === 0 ? 0 : apart / largest;
}

/** Both graphs on the same random inputs; integers must agree exactly, and floats as far as a float32 sum can. */
export function expectSameMeaning(before: Graph, after: Graph, tolerance = 1e-5, seed = 1): void {
  const inputs = randomInputs(before, seed);
  const { error, output } = largestError(evaluate(before, inputs), evaluate(after, inputs));
  expect(error, `output "${output}"`).toBeLessThanOrEqual(tolerance);
}
