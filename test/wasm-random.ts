/** Operators drawn at random, compiled to WebAssembly with kernels and without, and compared with what they mean. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Kind } from '../src/ops/index.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import { kernels } from '../targets/wasm/kernels/index.ts';
import { wish } from '../targets/wasm/wish.ts';
import { arbitraries } from './ops/arbitrary.ts';
import type { Sample } from './ops/law.ts';
import { distance, inferred, meaning } from './ops/law.ts';
import { inputsOf, randomGraph } from './random-graphs.ts';
import { buildModule } from './wasm-module.ts';

const seed = 77;

export async function randomOps(kind: Kind, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(arbitraries[kind] as fc.Arbitrary<Sample>, fc.nat(1000), async (sample, choice) => {
      if (typeof inferred(sample) === 'string') return;
      const graph = randomGraph(sample, choice, wish);
      const want = meaning(sample);
      for (const used of [kernels, []]) {
        const { out } = (await buildModule(graph, used)).run(inputsOf(graph, sample));
        expect(distance(out as Numbers, want)).toBeLessThanOrEqual(5e-6);
      }
    }),
    { seed, numRuns },
  );
}
