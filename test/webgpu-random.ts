/** Operators drawn at random, compiled to WebGPU with kernels and without, and compared with what they mean. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Kind } from '../src/ops/index.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import { wish } from '../targets/gpu/wish.ts';
import { arbitraries } from './ops/arbitrary.ts';
import type { Sample } from './ops/law.ts';
import { distance, inferred, meaning } from './ops/law.ts';
import { inputsOf, randomGraph } from './random-graphs.ts';
import { buildShaders } from './webgpu-module.ts';

const seed = 77;

/** Draws until `numRuns` fit. */
export async function randomShaders(kind: Kind, numRuns: number, sets: readonly (readonly Kernel[])[]): Promise<void> {
  const drawn = fc.sample(fc.tuple(arbitraries[kind] as fc.Arbitrary<Sample>, fc.nat(1000)), {
    seed,
    numRuns: 40 * numRuns,
  });
  const fitting = drawn.filter(([sample]) => typeof inferred(sample) !== 'string').slice(0, numRuns);
  expect(fitting.length).toBe(numRuns);
  for (const [sample, choice] of fitting) {
    const graph = randomGraph(sample, choice, wish);
    const want = meaning(sample);
    for (const kernels of sets) {
      const { out } = await (await buildShaders(graph, kernels)).run(inputsOf(graph, sample));
      expect(distance(out as Numbers, want), JSON.stringify(sample.op)).toBeLessThanOrEqual(1e-4);
    }
  }
}
