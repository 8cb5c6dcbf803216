/** Every kernel of the target wasm against the loops that it replaces and against the meaning of the operator. */
import { describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import { kernels } from '../targets/wasm/kernels/index.ts';
import { largestError } from './passes/compare.ts';
import { wasmCases } from './wasm-cases.ts';
import { buildModule, chosen } from './wasm-module.ts';

describe.each(Object.entries(wasmCases))('%s', (kernel, cases) => {
  test.each(cases.map((c) => [c.title, c] as const))('%s', async (_title, { graph }) => {
    const [tuned, plain] = [await buildModule(graph, kernels), await buildModule(graph, [])];
    expect(chosen(tuned.plan)).toContain(kernel);
    const inputs = randomInputs(graph, 7);
    const [fast, slow, meant] = [tuned.run(inputs), plain.run(inputs), evaluate(graph, inputs)];
    expect(largestError(meant, fast).error).toBeLessThan(2e-6);
    expect(largestError(meant, slow).error).toBeLessThan(2e-6);
    // A second run finds what the first has left behind.
    expect(tuned.run(inputs)).toEqual(fast);
    const relaxed = await tuned.relaxed();
    if (relaxed) expect(largestError(meant, relaxed(inputs)).error).toBeLessThan(2e-6);
  });
});

describe('infinities and NaN go where the loops let them', () => {
  const cases = Object.entries(wasmCases).flatMap(([kernel, [first]]) => [[kernel, first.graph] as const]);
  test.each(cases)('%s', async (_kernel, graph) => {
    const [tuned, plain] = [await buildModule(graph, kernels), await buildModule(graph, [])];
    const inputs = poisoned(graph);
    const [fast, slow] = [tuned.run(inputs), plain.run(inputs)];
    for (const name of Object.keys(slow)) expect(kinds(fast[name])).toEqual(kinds(slow[name]));
  });
});

test('every kernel has a case', () => {
  expect(Object.keys(wasmCases).sort()).toEqual(kernels.map((k) => k.name).sort());
});

test('every kernel says why it does not take a step that it does not know', async () => {
  const [{ graph }] = wasmCases.zip;
  const call = graph.nodes.find((n) => n.kind === 'call' && n.op.kind === 'binary');
  if (call?.kind !== 'call') throw new Error('the case has no call');
  const strange: Graph = {
    ...graph,
    nodes: graph.nodes.map((n) =>
      n === call ? { ...call, op: { kind: 'softmax', axis: 0 } as const, inputs: call.inputs.slice(0, 1) } : n,
    ),
  };
  const { plan } = await buildModule(strange, kernels);
  const [step] = plan.steps.filter((s) => s.call.op.kind === 'softmax');
  expect(step.work.kind).toBe('loops');
  expect(step.refused.map((r) => r.kernel)).toEqual(kernels.map((k) => k.name));
  for (const { reason } of step.refused) expect(reason).toMatch(/^[a-z0-9"].*[^.]$/);
});

/** Inputs with a NaN, an infinity and large numbers here and there. */
function poisoned(graph: Graph): Record<string, Numbers> {
  return Object.fromEntries(
    Object.entries(randomInputs(graph, 3)).map(([name, data]) => {
      const copy = data.slice();
      if (copy instanceof Float32Array)
        for (let i = 5; i < copy.length; i += 41) copy[i] = [NaN, Infinity, -Infinity, 3e38][(i >> 2) & 3];
      return [name, copy];
    }),
  );
}

/** What each number is, to a percent: NaN, an infinity, or its value. */
const kinds = (numbers: Numbers): readonly string[] =>
  Array.from(numbers, (v) => (Number.isFinite(v) ? v.toExponential(1) : String(v)));
