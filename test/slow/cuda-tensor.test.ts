/** Layers and whole networks on tensor cores, on this machine's processor: under sanitizers, in numbers of fewer bits, and in whole ones. */
import { describe, expect, test } from 'vitest';
import type { Compiled } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { printDiagnostic } from '../../src/index.ts';
import { loadModel } from '../../src/make/load.ts';
import { quantizeWith } from '../../src/make/quantize.ts';
import { folderWith, installed, run } from '../cpu-build.ts';
import { compiledCuda, compileFor, programOf, runProgram } from '../cuda-kit.ts';
import { addresses, races } from '../cuda-shim.ts';
import { oneByOne, tensorCases, tensorGraph } from '../cuda-tensor.ts';
import { digitGraph } from '../digits.ts';
import { inputShapes, modelPath } from '../models.ts';
import { distance } from '../ops/law.ts';

const noCompiler = !installed('g++');

describe.skipIf(noCompiler)('layers on tensor cores', () => {
  test.each([
    ['touch nothing that is not theirs', addresses],
    ['have barriers wherever threads share a place', races],
  ])('%s', (_, flags) => {
    const graph = tensorGraph();
    const unused = { unused: new Float32Array(1) };
    const want = evaluate(graph, unused);
    const got = runProgram(programOf(graph, oneByOne), unused, ['-O1', ...flags]);
    const apart = tensorCases().map((_, i) => distance(got[`case_${i}`], want[`case_${i}`]));
    expect(Math.max(...apart)).toBeLessThan(2e-6);
  });
});

/** Runs the check program that belongs to a build: what was recorded is what passes made of the graph. */
function expectRecorded(out: Compiled, kernels: RegExp, flags = addresses): void {
  const used = out.plan.steps.flatMap(({ work }) =>
    work.kind === 'routines' ? work.calls.map(({ routine }) => routine.name) : [],
  );
  expect(used.filter((name) => kernels.test(name)).length).toBeGreaterThan(0);
  const { name } = out.plan;
  const folder = folderWith(out);
  const blobs = [`${name}_weights.S`, `${name}_recorded.S`];
  compileFor(folder, [`${name}.cu`, `${name}_check.cu`], blobs, 'check', ['-O1', ...flags]);
  expect(run(folder, './check', [])).toMatch(/\nok\n$/);
}

const calibrate = new URL('../../examples/digits/calibration.npz', import.meta.url).pathname;

const quantised = (): Graph => {
  const how = { quantize: 'weights=int8,activations=int8', calibrate };
  const made = quantizeWith(digitGraph('digits-pruned'), how, (d) => {
    throw new Error(printDiagnostic(d));
  });
  return made?.graph ?? expect.unreachable();
};

const loaded = (name: 'blazepose-detector' | 'nsfwjs-mobilenet_v2'): Graph => {
  const model = loadModel(modelPath(name), { shapes: inputShapes(name) }, ({ severity, message }) => {
    if (severity === 'error') throw new Error(message);
  });
  return model?.graph ?? expect.unreachable();
};

describe.skipIf(noCompiler)('networks on tensor cores', () => {
  test.each(['f16', 'tf32'])('digits in %s', (arithmetic) =>
    expectRecorded(compiledCuda(digitGraph('digits-dense'), { arithmetic }), new RegExp(`^product-\\w+-${arithmetic}`)),
  );
  test('digits in whole numbers', () => expectRecorded(compiledCuda(quantised()), /^product-\w+-s8/));
  test.each(['blazepose-detector', 'nsfwjs-mobilenet_v2'] as const)('%s in f16', (name) =>
    expectRecorded(compiledCuda(loaded(name), { arithmetic: 'f16' }), /^product-\w+-f16/, []),
  );
});
