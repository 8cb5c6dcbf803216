/** Layers whose weights are made of units, on every target. Their loops are in test/slow/. */
import { describe, expect, test } from 'vitest';
import { pipeline } from '../passes/index.ts';
import { compile } from '../src/compile.ts';
import { printDiagnostic } from '../src/diagnostic.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { runPasses } from '../src/pass.ts';
import type { Plan } from '../src/plan/plan.ts';
import { bytesStored } from '../src/plan/plan.ts';
import { reportLayers } from '../src/plan/report.ts';
import type { Target } from '../src/target.ts';
import { kernels as cpuKernels } from '../targets/cpu/kernels/index.ts';
import { cpuTarget } from '../targets/cpu/target.ts';
import { kernels as wasmKernels } from '../targets/wasm/kernels/index.ts';
import { wasmTarget } from '../targets/wasm/target.ts';
import { checkSourcesOf, folderWith, installed, render, run, warnings } from './cpu-build.ts';
import { apart, graph, layers } from './smartdeal-layers.ts';
import { buildModule } from './wasm-module.ts';

const inputs = randomInputs(graph, 5);
const meant = evaluate(graph, inputs);

const stored = (plan: Plan): number => plan.constants.reduce((sum, constant) => sum + bytesStored(constant), 0);

const weights = layers.reduce((sum, { shape }) => sum + shape.reduce((n, d) => n * d, 1), 0);

const prepared = (target: Target): Graph => runPasses(graph, pipeline(target), () => {});

test('what is made of units is stored so unless a price forbids it', () => {
  for (const target of [cpuTarget(cpuKernels), wasmTarget(wasmKernels)]) {
    const ready = prepared(target);
    const made = ready.nodes.filter((n) => n.type.quantity?.decomposition);
    expect(made.map((n) => n.type.encoding.format)).toEqual(layers.map(() => 'smartdeal'));
    const dense = prepared({
      ...target,
      price: (w) => (w.encoding.format === 'smartdeal' ? Infinity : target.price(w)),
    });
    expect(dense.nodes.some((n) => n.type.encoding.format === 'smartdeal')).toBe(false);
    const out = compile({ graph, passes: pipeline(target), target, render });
    if (!out.ok) throw new Error('does not compile');
    for (const { format, reason } of reportLayers(out.graph, out.plan, target.price)) {
      expect(format).toMatch(/^smartdeal /);
      expect(reason).toBe('asked for');
    }
  }
});

test('wasm makes weights of them at load', async () => {
  const module = await buildModule(prepared(wasmTarget(wasmKernels)), wasmKernels);
  const got = module.run(inputs);
  for (const { name } of layers) expect(apart(got[name], meant[name]), name).toBeLessThan(5e-6);
  expect(module.plan.steps.map(({ work }) => work.kind)).not.toContain('loops');
  expect(stored(module.plan)).toBeLessThan(weights);
});

describe.skipIf(!installed('gcc'))('cpu', () => {
  test('makes weights of them block by block', () => {
    const target = cpuTarget(cpuKernels);
    const out = compile({ graph, passes: pipeline(target), target, render });
    if (!out.ok) throw new Error(out.diagnostics.map(printDiagnostic).join('\n'));
    expect(stored(out.plan)).toBeLessThan(1.3 * weights);
    const byLoops = out.plan.steps.filter(({ work }) => work.kind === 'loops').map(({ call }) => call.id);
    expect(byLoops).toEqual(['vector', 'picture']);
    const folder = folderWith(out);
    run(folder, 'gcc', ['-std=c11', '-O1', ...warnings, ...checkSourcesOf(out), '-lm', '-o', 'check']);
    run(folder, './check', []);
  });
});
