/** Layers with weights or windows, drawn at random: what is imported computes what onnxruntime computes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { elements } from '../../src/tensor/type.ts';
import { runOnnx, runtime } from '../export/runtime.ts';
import { attentions, rotations } from './drawn-attention.ts';
import { gemms, products, resized, sampled, scaledBefore, sums } from './drawn-layers.ts';
import { recurrences } from './drawn-recurrent.ts';
import { convolutions, noise, pools, transposedConvolutions } from './drawn-windows.ts';
import type { TestModel } from './kit.ts';
import { bytesOfModel, importTest, modelOf } from './kit.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 60);

/** Sums in another order: of the largest number of a result. */
const tolerance = 2e-5;

const drawn: readonly (readonly [string, fc.Arbitrary<TestModel>])[] = [
  ['convolutions', convolutions],
  ['transposed convolutions', transposedConvolutions],
  ['pools and their indices', pools],
  ['Gemm', gemms],
  ['MatMul', products],
  ['Einsum', sums],
  ['Resize', resized],
  ['Upsample, and Resize in operator set 10', scaledBefore],
  ['GridSample', sampled],
  ['Attention', attentions],
  ['RotaryEmbedding', rotations],
  ['LSTM, GRU and RNN', recurrences],
];

const inputsOf = ({ nodes }: Graph) =>
  Object.fromEntries(
    nodes.flatMap((n, i) =>
      n.kind === 'input' ? [[n.name, Float32Array.from(noise(i + 7, elements(n.type.shape)))]] : [],
    ),
  );

describe.skipIf(!runtime)('as onnxruntime computes it (skipped where onnxruntime-node is not installed)', () => {
  it.each(drawn)('%s', async (_name, models) => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(models, async (model) => {
        const { graph, messages } = importTest(model);
        if (!graph) {
          // Windows that do not fit, and lengths that come to nothing.
          expect(messages.join()).toMatch(/does not fit|makes 0 of/);
          refused++;
          return;
        }
        const inputs = inputsOf(graph);
        const got = evaluate(graph, inputs);
        const want = await runOnnx(bytesOfModel(modelOf(model)), graph, inputs);
        for (const { name } of graph.outputs) expect(distance(got[name], want[name])).toBeLessThanOrEqual(tolerance);
      }),
      { numRuns: runs },
    );
    expect(refused).toBeLessThan(runs / 10);
  });
});

/** Positions come as numbers of 64 bits. */
function distance(got: ArrayLike<number>, want: ArrayLike<number | bigint>): number {
  let [worst, largest] = [0, 1];
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [got[i], Number(want[i])];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    worst = Math.max(worst, Number.isNaN(a - b) ? Infinity : Math.abs(a - b));
    largest = Math.max(largest, Math.abs(b));
  }
  return worst / largest;
}
