/** Layers on tensor cores, as files are emitted, against their meaning on this machine's processor. */
import { expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import { lower } from '../src/plan/lower.ts';
import { installed } from './cpu-build.ts';
import { programOf, runProgram } from './cuda-kit.ts';
import { oneByOne, tensorCases, tensorGraph } from './cuda-tensor.ts';
import { distance } from './ops/law.ts';

const unused = { unused: new Float32Array(1) };

/** What computes the layers, in order. */
function ways(): readonly string[] {
  const plan = lower(tensorGraph(), oneByOne);
  return plan.steps.flatMap(({ work }) =>
    work.kind === 'routines' ? work.calls.map((c) => c.routine.name).filter((name) => name.startsWith('product')) : [],
  );
}

test('each way has its layers', () => {
  expect(ways().map((name) => name.split('-').slice(1, 3).join(' '))).toEqual([
    ...['sparse f16', 'dense f16', 'blocks f16', 'gathered f16', 'sparse bf16', 'sparse tf32', 'dense tf32'],
    ...['extra f16', 'extra f16', 'extra tf32', 'extra s8'],
    ...['sparse f16', 'blocks s8', 'sparse s8', 'dense u8', 'sparse u8'],
    ...[...Array(4).fill('sparse f16'), ...Array(9).fill('dense f16'), ...Array(2).fill('blocks f16')],
    ...['sparse f16', 'sparse f16', 'dense f16', 'blocks f16', 'gathered f16', 'dense f16'],
    ...['sparse f16', 'sparse s8', 'dense s8', ...Array(5).fill('gathered f16'), 'sparse f16'],
  ]);
});

test.skipIf(!installed('g++'))('layers on tensor cores compute what they mean', () => {
  const graph = tensorGraph();
  const want = evaluate(graph, unused);
  const got = runProgram(programOf(graph, oneByOne), unused, ['-O0']);
  const worse = tensorCases().flatMap(({ title }, i) => {
    const apart = distance(got[`case_${i}`], want[`case_${i}`]);
    return apart <= (got[`case_${i}`] instanceof Int32Array ? 0 : 2e-6) ? [] : [`${title}: ${apart}`];
  });
  expect(worse).toEqual([]);
});
