/** Steps cut into tasks compute what they compute whole, bit for bit, in whatever order tasks come. */
import { describe, expect, test } from 'vitest';
import { randomInputs } from '../src/graph/samples.ts';
import { bytesOf } from '../src/tensor/numbers.ts';
import { kernels } from '../targets/wasm/kernels/index.ts';
import { wasmCases } from './wasm-cases.ts';
import type { WasmCase } from './wasm-cases-layers.ts';
import { buildModule } from './wasm-module.ts';

/** One of so many cases of every kernel, small as they are in as many tasks as there can be. */
export function tasksAreTheWhole(oneOf: number): void {
  describe.each(Object.entries<readonly WasmCase[]>(wasmCases))('%s', (_kernel, cases) => {
    const some = cases.filter((_, i) => i % oneOf === 0);
    test.each(some.map((c) => [c.title, c] as const))('%s', async (_title, { graph }) => {
      const module = await buildModule(graph, kernels, 3);
      const inputs = randomInputs(graph, 7);
      const want = module.run(inputs);
      for (const order of ['forwards', 'backwards'] as const) {
        const run = await module.shared(order);
        for (const _ of [1, 2])
          for (const [name, numbers] of Object.entries(run(inputs)))
            expect(Buffer.compare(bytesOf(numbers), bytesOf(want[name])), name).toBe(0);
      }
    });
  });
}
