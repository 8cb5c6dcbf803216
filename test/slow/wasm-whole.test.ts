/** Networks of whole numbers in WebAssembly: random layers and quantised networks, equal to what they mean to the last bit. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pipeline, portable } from '../../passes/index.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { runPasses } from '../../src/pass.ts';
import { parseQuantize } from '../../src/quantize/options.ts';
import { quantizeGraph } from '../../src/quantize/quantize.ts';
import { kernels } from '../../targets/wasm/kernels/index.ts';
import { wasm } from '../../targets/wasm/target.ts';
import { random } from '../models.ts';
import { randomGraph } from '../passes/random-graph.ts';
import { network } from '../quantize/networks.ts';
import { buildModule, chosen } from '../wasm-module.ts';
import { wholeConvolution } from '../wasm-whole-cases.ts';

async function expectEqual(graph: Graph, seed = 3): Promise<readonly string[]> {
  const module = await buildModule(graph, kernels);
  const inputs = randomInputs(graph, seed);
  const [have, want] = [module.run(inputs), evaluate(graph, inputs)];
  for (const name of Object.keys(want)) expect(have[name], name).toEqual(want[name]);
  return chosen(module.plan);
}

describe('random convolutions', () => {
  test.each(Array.from({ length: 150 }, (_, i) => i))('%i', async (seed) => {
    const next = random(seed + 1);
    const pick = <T>(...of: readonly T[]): T => of[Math.floor(next() * of.length)];
    const size = pick(3, 5, 7, 9, 13, 14, 16, 28, 30, 56);
    const [kh, kw] = pick([1, 1], [3, 3], [5, 5], [1, 3], [2, 2], [3, 3]);
    const channels = pick(1, 2, 3, 5, 8, 16, 31);
    const depthwise = next() < 0.3;
    const kept = await expectEqual(
      wholeConvolution(
        {
          ...{ x: [pick(1, 1, 2), Math.max(size, 2 * kh), pick(size, 7, 11) + kw, channels] },
          ...{ o: depthwise ? channels : pick(1, 2, 3, 8, 12), groups: depthwise ? channels : 1, kernel: [kh, kw] },
          ...{ stride: pick([1, 1], [2, 2], [1, 2]), pad: pick([0, 0, 0, 0], [kh >> 1, kw >> 1, kh >> 1, kw >> 1]) },
          ...{ density: pick(0.1, 0.25, 0.5, 1), extreme: next() < 0.3, shift: pick(6, 14, 17, 20, 23, 30, 44) },
          ...{ zero: pick(0, 0, 5, -128), dilation: pick([1, 1], [1, 1], [2, 1]), most: pick(127, 7, 2000) },
        },
        seed + 1,
      ),
    );
    expect(kept.join(' ')).toMatch(/whole-|sums may not fit/);
  });
});

const hows = ['weights=int8', 'weights=int4', 'weights=po2', 'weights=codebook:5'];

function quantised(graph: Graph, weights: string): Graph | undefined {
  const options = parseQuantize(`${weights},activations=int8`);
  if ('length' in options) throw new Error(options.join('\n'));
  const whole = quantizeGraph(graph, options, [randomInputs(graph, 1)], () => {});
  return whole && runPasses(whole.graph, pipeline(wasm.target({})), () => {});
}

test.each(hows)('a network with every kind of layer, %s', async (weights) => {
  const source = runPasses(network(), portable, () => {});
  const graph = source && quantised(source, weights);
  if (!graph) throw new Error('not quantised');
  expect(await expectEqual(graph)).toContain('whole-conv');
});

test('random networks', async () => {
  for (const [i, made] of fc.sample(randomGraph, { seed: 7, numRuns: 40 }).entries()) {
    const source = runPasses(made, portable, () => {});
    const graph = source && quantised(source, hows[i % hows.length]);
    if (graph) await expectEqual(graph);
  }
});
