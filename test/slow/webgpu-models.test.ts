/** Whole models as WebGPU shaders, as a build makes them, against the meaning of their graphs. */
import { expect, test } from 'vitest';
import { pipeline } from '../../passes/index.ts';
import { countsOf } from '../../src/bench/counts.ts';
import { compile } from '../../src/compile.ts';
import { printDiagnostic } from '../../src/diagnostic.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { pruneGraph } from '../../src/prune/prune.ts';
import { kernels } from '../../targets/webgpu/kernels/index.ts';
import { webgpuTarget } from '../../targets/webgpu/target.ts';
import { digitGraph, digitModels } from '../digits.ts';
import { importReal } from '../import/model.ts';
import { largestError } from '../passes/compare.ts';
import { prunerOf } from '../prune/kit.ts';
import { noGpu } from '../webgpu-device.ts';
import { buildShaders, render } from '../webgpu-module.ts';

function prepared(graph: Graph): Graph {
  const target = webgpuTarget(kernels);
  const out = compile({ graph, passes: pipeline(target), target, render });
  if (!out.ok) throw new Error(out.diagnostics.map(printDiagnostic).join('\n'));
  return out.graph;
}

async function expectClose(graph: Graph): Promise<void> {
  const shaders = await buildShaders(prepared(graph), kernels);
  const inputs = randomInputs(graph, 3);
  expect(largestError(evaluate(graph, inputs), await shaders.run(inputs)).error).toBeLessThan(1e-4);
}

test.skipIf(noGpu).each(digitModels)(`%s ${noGpu ?? ''}`, (name) => expectClose(digitGraph(name)));

test.skipIf(noGpu)(`a pose detector ${noGpu ?? ''}`, () => expectClose(importReal('blazepose-detector')));

test.skipIf(noGpu)(`a MobileNet v2 ${noGpu ?? ''}`, () => expectClose(importReal('nsfwjs-mobilenet_v2')));

test.skipIf(noGpu)(`a MobileNet v2 whose weights are kept in blocks ${noGpu ?? ''}`, () => {
  const options = { scope: 'layer', exempt: [], kinds: ['conv', 'linear'], spared: () => undefined } as const;
  const { graph } = pruneGraph(importReal('nsfwjs-mobilenet_v2'), { pruner: prunerOf('block:4x1:0.85'), ...options });
  return expectClose(graph);
});

test('of a pose detector, of which a third of the weights is left, less is uploaded than 45 % of dense halves', () => {
  const target = webgpuTarget(kernels);
  const graph = importReal('blazepose-detector');
  const out = compile({ graph, passes: pipeline(target), target, render });
  if (!out.ok) expect.unreachable();
  const { share, weightBytes } = countsOf(out, render);
  expect(weightBytes).toBe(out.artefacts.find(({ role }) => role === 'weights')?.contents.length);
  expect(share).toBeLessThan(0.45);
});
