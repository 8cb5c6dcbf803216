/** Weights that stand for bytes are written as bytes: a runtime that computes with bytes gives what the model gave. */
import { expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import { randomInputs } from '../src/graph/samples.ts';
import type { ModelProto } from '../src/import/onnx/schema.ts';
import { decode } from '../src/import/onnx/schema.ts';
import { exportWith } from '../src/make/export.ts';
import { runOnnx, runtime } from './export/runtime.ts';
import { floats, importFiles, importTest, node, port } from './onnx/kit.ts';
import { largestError } from './passes/compare.ts';

const int8s = (name: string, dims: readonly number[], numbers: readonly number[]) => ({
  name,
  dims,
  dataType: 3,
  rawData: new Uint8Array(Int8Array.from(numbers).buffer),
});
const drawn = (count: number) => Array.from({ length: count }, (_, i) => ((i * 37) % 255) - 127);

/** As quantising tools write a convolution: bytes and back before it, bytes and back after it, a scale for each output. */
const { graph } = importTest({
  inputs: [port('x', [1, 3, 6, 6])],
  outputs: ['y'],
  initializers: [
    floats('scale', [], [1 / 128]),
    int8s('zero', [], [3]),
    int8s('w', [4, 3, 3, 3], drawn(108)),
    floats('w_scale', [4], [0.01, 0.003, 0.002, 0.03]),
    int8s('w_zero', [4], [0, 0, 0, 0]),
    { name: 'b', dims: [4], dataType: 6, int32Data: [100, -2000, 3, 400] },
    floats('b_scale', [4], [0.01 / 128, 0.003 / 128, 0.002 / 128, 0.03 / 128]),
  ],
  nodes: [
    node('QuantizeLinear', ['x', 'scale', 'zero'], ['xq']),
    node('DequantizeLinear', ['xq', 'scale', 'zero'], ['xd']),
    node('DequantizeLinear', ['w', 'w_scale', 'w_zero'], ['wd'], { axis: 0 }),
    node('DequantizeLinear', ['b', 'b_scale'], ['bd'], { axis: 0 }),
    node('Conv', ['xd', 'wd', 'bd'], ['c']),
    node('QuantizeLinear', ['c', 'scale', 'zero'], ['yq']),
    node('DequantizeLinear', ['yq', 'scale', 'zero'], ['y']),
  ],
});
if (!graph) throw new Error('the model is not read');
const { contents } = exportWith(graph, { out: 'net.onnx', passes: 'all' }, () => {})?.files[0] ?? {};
if (!contents) throw new Error('the model is not written');

test('weights and biases are integers in the file', () => {
  const written = decode<ModelProto>('ModelProto', contents).graph;
  expect(written?.node.map((n) => n.opType).sort()).toEqual([
    'Conv',
    ...Array<string>(4).fill('DequantizeLinear'),
    'QuantizeLinear',
    'QuantizeLinear',
  ]);
  const weights = written?.initializer.find((t) => t.dims.length === 4);
  expect(weights?.dataType).toBe(3);
  expect(Array.from(weights?.rawData ?? [], (byte) => (byte << 24) >> 24)).toEqual(drawn(108));
});

test('and are read back as what they were', () => {
  const again = importFiles({ 'model.onnx': Uint8Array.from(contents) }).graph;
  const inputs = randomInputs(graph, 1);
  expect(again && evaluate(again, inputs)).toEqual(evaluate(graph, inputs));
});

test.skipIf(!runtime)('onnxruntime-node, which computes with the bytes, gives the same', async () => {
  const inputs = randomInputs(graph, 1);
  expect(largestError(evaluate(graph, inputs), await runOnnx(contents, graph, inputs)).error).toBeLessThanOrEqual(1e-6);
});
