/** Quantised graphs as ONNX has them: whole weights, pairs that quantise between layers, and the way back to the same bits. */
import { expect, test } from 'vitest';
import type { Diagnostic } from '../src/diagnostic.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Call, Constant, Graph } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import type { ModelProto } from '../src/import/onnx/schema.ts';
import { decode } from '../src/import/onnx/schema.ts';
import { exportWith, graphFor } from '../src/make/export.ts';
import { quantizeWith } from '../src/make/quantize.ts';
import { runOnnx, runtime } from './export/runtime.ts';
import { importFiles } from './onnx/kit.ts';
import { network } from './quantize/networks.ts';

const fail = (d: Diagnostic): never => expect.unreachable(`${d.message}; ${d.hint}`);

/** Nine tenths of the weights of one layer are 0, and some that are kept are 0 as well. */
function pruned(): Graph {
  const source = network();
  const [at] = source.nodes.filter((n): n is Constant => n.kind === 'constant' && n.type.shape.length === 4);
  const data = Float32Array.from(at.data, (w, i) => (i % 10 === 0 && i > 30 ? w : 0));
  const mask = Uint8Array.from(data, (_, i) => Number(i % 10 === 0));
  return { ...source, nodes: source.nodes.map((n) => (n === at ? { ...at, data, mask } : n)) };
}

function quantised(source: Graph, how: string) {
  const made =
    quantizeWith(source, { quantize: `${how},samples=4`, calibrate: 'random' }, fail) ?? expect.unreachable();
  const out = 'net.onnx';
  const options = { out, passes: 'none', writeMasks: true } as const;
  const { contents } = exportWith(graphFor(made, out), options, fail)?.files[0] ?? expect.unreachable();
  return { ...made, contents: Uint8Array.from(contents) };
}

const source = pruned();
const { graph, contents } = quantised(source, 'weights=int8,activations=int8');
const file = decode<ModelProto>('ModelProto', contents).graph ?? expect.unreachable();

const again = (bytes: Uint8Array<ArrayBuffer>): Graph => {
  const imported = importFiles({ 'model.onnx': bytes }).graph ?? expect.unreachable();
  return quantizeWith(imported, { quantize: 'qdq' }, fail)?.graph ?? expect.unreachable();
};
const back = again(contents);

test('every layer is one of real numbers between pairs, with bytes for weights and 32 bits for biases', () => {
  const makers = new Map(file.node.flatMap((n) => n.output.map((o) => [o, n] as const)));
  const stored = new Map(file.initializer.map((t) => [t.name, t]));
  const layers = file.node.filter(({ opType }) => opType === 'Conv' || opType === 'Gemm');
  expect(layers.length).toBe(9);
  for (const { input } of layers) {
    const [x, weights, bias] = input.map((name) => makers.get(name));
    expect([x, weights, bias].map((n) => n?.opType)).toEqual(Array(3).fill('DequantizeLinear'));
    expect(stored.get(weights?.input[0] ?? '')?.dataType).toBe(3);
    expect(stored.get(bias?.input[0] ?? '')?.dataType).toBe(6);
    const [sx, sw, sb] = [x, weights, bias].map((n) => new Float32Array(rawOf(stored.get(n?.input[1] ?? ''))));
    expect(sb).toEqual(sw.map((s) => s * sx[0]));
  }
  const others = file.node.map((n) => n.opType).filter((t) => /Integer|Cast|QLinear|Mod|BitShift/.test(t));
  expect(others).toEqual([]);
});

const rawOf = (stored: { readonly rawData?: Uint8Array } | undefined): ArrayBuffer =>
  Uint8Array.from(stored?.rawData ?? expect.unreachable()).buffer;

/** The numbers of all operands of a kind, whatever they are called. */
const parametersOf = ({ nodes }: Graph, kind: string): readonly string[] => {
  const constants = new Map(nodes.flatMap((n) => (n.kind === 'constant' ? [[n.id, n.data.join()] as const] : [])));
  const calls = nodes.filter((n): n is Call => n.kind === 'call' && n.op.kind === kind);
  return calls.map(({ op, inputs }) => JSON.stringify([op, inputs.map((id) => constants.get(id))])).sort();
};

test('it comes back as the same operators, weights, multipliers, shifts and tables', () => {
  for (const kind of ['conv2d', 'linear', 'requantize', 'lookup', 'quantize', 'dequantize', 'pool2d', 'concat'])
    expect([kind, parametersOf(back, kind)]).toEqual([kind, parametersOf(graph, kind)]);
});

test.each(['int8', 'int4', 'po2', 'codebook:16'])('and to the same bits, with weights of %s', (grid) => {
  const made = grid === 'int8' ? { graph, contents } : quantised(source, `weights=${grid},activations=int8`);
  const inputs = randomInputs(source, 7);
  expect(evaluate(again(made.contents), inputs)).toEqual(evaluate(made.graph, inputs));
});

test('zeros stay zeros, and masks stay with the bytes', () => {
  const weights = [graph, back].map(
    ({ nodes }) => nodes.find((n): n is Constant => n.kind === 'constant' && n.mask !== undefined)?.mask,
  );
  expect(weights[0]?.some((kept) => kept === 0)).toBe(true);
  expect(weights[1]).toEqual(weights[0]);
});

test.skipIf(!runtime)('onnxruntime-node is at most two steps away', async () => {
  for (const seed of [1, 2, 3]) {
    const inputs = randomInputs(source, seed);
    const [want, got] = [evaluate(graph, inputs), await runOnnx(contents, graph, inputs)];
    for (const { name, id } of graph.outputs) {
      const call = graph.nodes.find((n) => n.id === id) as Call;
      const scale = graph.nodes.find((n) => n.id === call.inputs[1]) as Constant;
      const steps = want[name].map((v, i) => Math.abs(v - got[name][i]) / scale.data[0]);
      expect(Math.max(...steps)).toBeLessThanOrEqual(2.001);
    }
  }
});
