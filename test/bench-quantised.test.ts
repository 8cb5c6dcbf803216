/** The model that ONNX Runtime's kernels of 8-bit integers are timed on: it runs, and computes nearly the same. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeQuantised } from '../src/bench/ort-int8.ts';
import { relativeError } from '../src/check/compare.ts';
import { loadOrt } from '../src/check/ort.ts';
import { inputShapes } from '../src/check/peer.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import type { ModelProto } from '../src/import/onnx/schema.ts';
import { decode } from '../src/import/onnx/schema.ts';
import { exportWith } from '../src/make/export.ts';
import { loadModel } from '../src/make/load.ts';
import { random } from './models.ts';
import { bytesOfModel, floats, modelOf, node, port } from './onnx/kit.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-int8-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const fail = (d: Diagnostic): void => expect.unreachable(`${d.message}; ${d.hint}`);

const next = random(3);
const numbers = (name: string, ...dims: readonly number[]) =>
  floats(
    name,
    dims,
    Array.from(
      { length: dims.reduce((n, d) => n * d, 1) },
      () => (2 * next() - 1) / Math.sqrt(dims.length > 1 ? 24 : 4),
    ),
  );

/** Everything that networks of pictures have: a residual, both pools, a gate, a depthwise layer, a bias or none. */
const network = modelOf({
  inputs: [port('x', [1, 8, 12, 12])],
  outputs: ['y'],
  initializers: [
    numbers('w1', 16, 8, 3, 3),
    numbers('b1', 16),
    numbers('w2', 16, 1, 3, 3),
    numbers('w3', 16, 16, 1, 1),
    numbers('b3', 16),
    numbers('w4', 16, 16, 1, 1),
    numbers('w5', 10, 16),
    numbers('b5', 10),
    numbers('w6', 10, 6),
    floats('low', [], [0]),
    floats('high', [], [6]),
  ],
  nodes: [
    node('Conv', ['x', 'w1', 'b1'], ['c1'], { pads: [1, 1, 1, 1], strides: [1, 1] }),
    node('Relu', ['c1'], ['r1']),
    node('MaxPool', ['r1'], ['m1'], { kernel_shape: [2, 2], strides: [2, 2] }),
    node('Conv', ['m1', 'w2'], ['c2'], { pads: [1, 1, 1, 1], group: 16 }),
    node('Clip', ['c2', 'low', 'high'], ['r2']),
    node('Conv', ['r2', 'w3', 'b3'], ['c3']),
    node('Add', ['c3', 'm1'], ['a3']),
    node('Conv', ['a3', 'w4'], ['c4']),
    node('Sigmoid', ['c4'], ['s4']),
    node('Mul', ['c4', 's4'], ['g4']),
    node('Concat', ['g4', 'a3'], ['k'], { axis: 2 }),
    node('GlobalAveragePool', ['k'], ['p']),
    node('Flatten', ['p'], ['f']),
    node('Gemm', ['f', 'w5', 'b5'], ['h'], { transB: 1 }),
    node('MatMul', ['h', 'w6'], ['y']),
  ],
});

async function written(model: object): Promise<{ readonly graph: Graph; readonly file: string }> {
  const source = join(root, 'source.onnx');
  writeFileSync(source, bytesOfModel(model as Readonly<Record<string, unknown>>));
  const { graph } = loadModel(source, {}, fail) ?? expect.unreachable();
  const { files } = exportWith(graph, { out: join(root, 'float.onnx') }, fail) ?? expect.unreachable();
  writeFileSync(join(root, 'float.onnx'), files[0].contents);
  const file = join(root, 'integers.onnx');
  expect(await writeQuantised(graph, join(root, 'float.onnx'), file, fail)).toBe(true);
  return { graph, file };
}

test('it computes nearly what the model of floats does, at full speed and operator by operator', async () => {
  const { graph, file } = await written(network);
  const inputs = randomInputs(graph, 7);
  const want = evaluate(graph, inputs);
  for (const options of [{}, { threads: 1 }]) {
    const ort = (await loadOrt(file, inputShapes(graph), options, fail)) ?? expect.unreachable();
    const got = (await ort.run(inputs)) ?? expect.unreachable();
    expect(Object.keys(got)).toEqual(['y']);
    expect(relativeError(got.y, want.y)).toBeLessThan(0.05);
    expect(relativeError(got.y, want.y)).toBeGreaterThan(0);
    ort.dispose();
  }
});

test('layers read integers that were made floats again, weights with a scale for each channel', async () => {
  const { file } = await written(network);
  const { graph } = decode<ModelProto>('ModelProto', readFileSync(file));
  const nodes = graph?.node ?? [];
  const maker = new Map(nodes.flatMap((n) => n.output.map((name) => [name, n] as const)));
  const layers = nodes.filter(({ opType }) => ['Conv', 'Gemm', 'MatMul', 'Add', 'Mul'].includes(opType));
  expect(layers.length).toBeGreaterThanOrEqual(8);
  for (const { opType, input } of layers)
    expect([opType, ...input.map((name) => maker.get(name)?.opType)]).toEqual([
      opType,
      ...input.map(() => 'DequantizeLinear'),
    ]);
  const stored = new Map(graph?.initializer.map((tensor) => [tensor.name, tensor]));
  const [first] = layers;
  const weights = maker.get(first.input[1])?.input.map((name) => stored.get(name)) ?? [];
  expect(weights.map((tensor) => [tensor?.dataType, tensor?.dims.map(Number)])).toEqual([
    [3, [16, 8, 3, 3]],
    [1, [16]],
    [3, [16]],
  ]);
  // No layer's weights are there twice.
  expect([...stored.values()].filter(({ dataType, dims }) => dataType === 1 && dims.length > 1)).toEqual([]);
});

test('what cannot be held as integers stays: sums of whole numbers, weights that are computed', async () => {
  const { graph, file } = await written(
    modelOf({
      inputs: [port('x', [1, 4]), port('n', [4], 6)],
      outputs: ['y', 'm'],
      initializers: [numbers('w', 4, 4)],
      nodes: [
        node('Add', ['n', 'n'], ['m']),
        node('Gemm', ['x', 'w'], ['g'], { transA: 0 }),
        node('Transpose', ['g'], ['t'], { perm: [1, 0] }),
        node('MatMul', ['g', 't'], ['y']),
      ],
    }),
  );
  // Numbers that were seen: others may lie beyond the extents of so few.
  const inputs = randomInputs(graph, 1);
  const ort = (await loadOrt(file, inputShapes(graph), { threads: 1 }, fail)) ?? expect.unreachable();
  const got = (await ort.run(inputs)) ?? expect.unreachable();
  const want = evaluate(graph, inputs);
  expect(got.m).toEqual(want.m);
  expect(relativeError(got.y, want.y)).toBeLessThan(0.05);
  ort.dispose();
});
