/** Layers whose weights are made of units as loops, without any kernel; kernels under a sanitizer. */
import { expect, test } from 'vitest';
import { pipeline } from '../../passes/index.ts';
import { compile } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { runPasses } from '../../src/pass.ts';
import { kernels } from '../../targets/cpu/kernels/index.ts';
import { cpuTarget } from '../../targets/cpu/target.ts';
import { wasmTarget } from '../../targets/wasm/target.ts';
import { checkSourcesOf, folderWith, installed, render, run, warnings } from '../cpu-build.ts';
import { sanitizers } from '../cpu-kernels/kit.ts';
import { apart, graph, layers } from '../smartdeal-layers.ts';
import { buildModule } from '../wasm-module.ts';

test('wasm, loops alone', async () => {
  const ready = runPasses(graph, pipeline(wasmTarget([])), () => {});
  const module = await buildModule(ready, []);
  const inputs = randomInputs(graph, 5);
  const [got, meant] = [module.run(inputs), evaluate(graph, inputs)];
  for (const { name } of layers) expect(apart(got[name], meant[name]), name).toBeLessThan(5e-6);
});

test.skipIf(!installed('gcc')).each([
  ['loops alone', []],
  ['kernels', kernels],
] as const)('cpu, nothing outside arrays: %s', (_, chosen) => {
  const target = cpuTarget(chosen);
  const out = compile({ graph, passes: pipeline(target), target, render });
  if (!out.ok) throw new Error('does not compile');
  const folder = folderWith(out);
  run(folder, 'gcc', ['-std=c11', ...sanitizers, ...warnings, ...checkSourcesOf(out), '-lm', '-o', 'check']);
  run(folder, './check', []);
});
