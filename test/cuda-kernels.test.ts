/** Kernels of the target cuda along lines and in products, against the meaning of the operator, in one program. */
import { describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph, Node } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { kernels } from '../targets/cuda/kernels/index.ts';
import { installed } from './cpu-build.ts';
import { programOf, runProgram } from './cuda-kit.ts';
import { distance } from './ops/law.ts';
import { lineCases } from './webgpu-cases-lines.ts';

/** What more than one thread of a block computes of a line, and what products in tiles have more than one of. */
const cases = Object.entries(lineCases).flatMap(([kernel, listed]) =>
  listed.map(({ title, graph }) => ({ kernel, title: `${kernel}, ${title}`, graph })),
);

/** All side by side: names of the case i begin with `case_i_`. */
function together(graphs: readonly Graph[]): Graph {
  const own = (i: number, id: string): string => `case_${i}_${id}`;
  const moved = (i: number, node: Node): Node => {
    const id = own(i, node.id);
    if (node.kind === 'call') return { ...node, id, inputs: node.inputs.map((input) => own(i, input)) };
    return node.kind === 'input' ? { ...node, id, name: own(i, node.name) } : { ...node, id };
  };
  return {
    name: 'cases',
    file: 'cases',
    nodes: graphs.flatMap(({ nodes }, i) => nodes.map((node) => moved(i, node))),
    outputs: graphs.flatMap(({ outputs }, i) => outputs.map(({ id }) => ({ name: `case_${i}`, id: own(i, id) }))),
  };
}

describe.skipIf(!installed('g++'))('in one program', () => {
  test('kernels take their cases and compute what these mean', () => {
    const graph = together(cases.map((c) => c.graph));
    const program = programOf(graph, kernels);
    const taken = new Map(
      program.plan.steps.map(({ call, work }) => [call.id, work.kind === 'routines' ? work.kernel : 'loops']),
    );
    const inputs = randomInputs(graph, 7);
    const [got, want] = [runProgram(program, inputs, ['-O1']), evaluate(graph, inputs)];
    const faults = cases.flatMap(({ kernel, title }, i) => {
      const apart = distance(got[`case_${i}`], want[`case_${i}`]);
      const by = taken.get(graph.outputs[i].id);
      return apart <= 1e-5 && by === kernel ? [] : [`${title}: ${apart} by ${by}`];
    });
    expect(faults).toEqual([]);
  });
});
