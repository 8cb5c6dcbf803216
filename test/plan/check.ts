/** What holds of every plan. */
import { expect } from 'vitest';
import type { Named } from '../../src/graph/evaluate.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { verify } from '../../src/graph/verify.ts';
import type { Arr } from '../../src/loop/loop.ts';
import { lower } from '../../src/plan/lower.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { runPlan } from '../../src/plan/run.ts';
import { elements, plain } from '../../src/tensor/type.ts';

function faultsOf(graph: Graph): readonly string[] {
  const faults: string[] = [];
  verify(graph, (d) => faults.push(d.message));
  return faults;
}

function worstError(got: Named, want: Named): number {
  expect(Object.keys(got)).toEqual(Object.keys(want));
  const errors = Object.entries(want).map(([name, numbers]) => {
    const data = Array.from(numbers);
    expect(got[name].length).toBe(data.length);
    const scale = data.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-3);
    return (
      data.reduce((worst, v, i) => Math.max(worst, Object.is(v, got[name][i]) ? 0 : Math.abs(v - got[name][i])), 0) /
      scale
    );
  });
  return Math.max(...errors);
}

/** The plan of a graph without kernels, once it has been seen to compute what the graph means. */
export function check(graph: Graph): Plan {
  expect(faultsOf(graph)).toEqual([]);
  const plan = lower(graph, []);
  const given = randomInputs(graph, 3);
  const error = worstError(runPlan(plan, given), evaluate(graph, given));
  expect(Number.isNaN(error) ? 'NaN' : error).toBeLessThan(1e-5);
  return plan;
}

/** Ports are plain and apart, every array has one home and a name of its own, and nothing is read before it is written. */
export function checkPlaces(plan: Plan, graph: Graph): void {
  const ports = [...plan.inputs, ...plan.outputs];
  expect(new Set(ports.map((p) => p.array)).size).toBe(ports.length);
  for (const { type, array } of ports) {
    expect(type.layout).toEqual(plain);
    expect([array.dtype, array.length]).toEqual([type.dtype, elements(type.shape)]);
  }
  expect(plan.inputs.map((p) => p.name)).toEqual(graph.nodes.flatMap((n) => (n.kind === 'input' ? [n.name] : [])));
  expect(plan.outputs.map((p) => p.name)).toEqual(graph.outputs.map((o) => o.name));
  const homes = [...ports.map((p) => p.array), ...plan.constants.map((c) => c.array), ...plan.arena.places.keys()];
  expect(new Set(homes).size).toBe(homes.length);
  expect(new Set(homes.map((a) => a.name)).size).toBe(homes.length);
  const touched = new Set(plan.steps.flatMap((s) => [...s.reads, ...s.writes]));
  for (const array of touched) expect(homes).toContain(array);
  for (const { array, data } of plan.constants) {
    expect(touched.has(array)).toBe(true);
    expect([array.length, data.length > 0]).toEqual([data.length, true]);
  }
  const written = new Set<Arr>([...plan.inputs.map((p) => p.array), ...plan.constants.map((c) => c.array)]);
  for (const { reads, writes } of plan.steps) {
    for (const array of reads) expect(written.has(array)).toBe(true);
    for (const array of writes) written.add(array);
  }
}
