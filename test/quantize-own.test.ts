/** Models with scales of their own: the same whole numbers, at most a step away from what their operators mean. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { portable } from '../passes/index.ts';
import { writeQuantised } from '../src/bench/ort-int8.ts';
import { relativeError } from '../src/check/compare.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Call, Graph } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { verify } from '../src/graph/verify.ts';
import { exportWith } from '../src/make/export.ts';
import { loadModel } from '../src/make/load.ts';
import { runPasses } from '../src/pass.ts';
import { quantizeGraph } from '../src/quantize/quantize.ts';
import { floats, importTest, node, port } from './onnx/kit.ts';
import { network } from './quantize/networks.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-qdq-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const fail = (d: Diagnostic): void => expect.unreachable(`${d.message}; ${d.hint}`);

function inWholes(source: Graph) {
  const graph = runPasses(source, portable, fail);
  const made = quantizeGraph(graph, { kind: 'qdq' }, [], fail) ?? expect.unreachable();
  verify(made.graph, fail);
  return { before: graph, ...made };
}

const calls = ({ nodes }: Graph, kind: string): readonly Call[] =>
  nodes.filter((n): n is Call => n.kind === 'call' && n.op.kind === kind);

/** How many steps of `scale` apart the results are, at most. */
function stepsApart(before: Graph, after: Graph, scale: number): number {
  let most = 0;
  for (const seed of [1, 2, 3]) {
    const inputs = randomInputs(before, seed);
    const [want, got] = [evaluate(before, inputs), evaluate(after, inputs)];
    for (const [name, numbers] of Object.entries(want))
      for (const [i, v] of numbers.entries()) most = Math.max(most, Math.abs(v - got[name][i]) / scale);
  }
  return most;
}

const hasReal = (graph: Graph): boolean =>
  graph.nodes.some(
    (n) => n.kind === 'call' && n.type.dtype === 'f32' && !['dequantize', 'transpose', 'reshape'].includes(n.op.kind),
  );

test('pairs around layers: layers become whole, and results are near', async () => {
  const source = network();
  const { files } = exportWith(source, { out: join(root, 'float.onnx') }, fail) ?? expect.unreachable();
  writeFileSync(join(root, 'float.onnx'), files[0].contents);
  const file = join(root, 'qdq.onnx');
  expect(await writeQuantised(source, join(root, 'float.onnx'), file, fail)).toBe(true);
  const { before, graph, quality } = inWholes(loadModel(file, {}, fail)?.graph ?? expect.unreachable());
  // Its operand is not among what that quantiser rounds.
  expect(quality.real.map(({ op }) => op)).toEqual(['softmax']);
  expect(quality.layers.filter(({ bits }) => bits !== null).length).toBe(9);
  for (const kind of ['conv2d', 'linear', 'pool2d', 'resize'])
    expect(calls(graph, kind).every(({ type }) => type.dtype === 'i32')).toBe(true);
  const inputs = randomInputs(before, 5);
  const [want, got] = [evaluate(before, inputs), evaluate(graph, inputs)];
  for (const name of Object.keys(want)) expect(relativeError(got[name], want[name])).toBeLessThan(0.02);
});

describe('one operator between pairs is at most a step away', () => {
  const pair = (name: string, scale: number, zero: number) => [
    floats(`${name}_s`, [], [scale]),
    uint8(`${name}_z`, zero),
  ];
  const uint8 = (name: string, value: number) => ({ name, dims: [], dataType: 2, rawData: Uint8Array.of(value) });
  const random = (name: string, dims: readonly number[], spread: number) =>
    floats(
      name,
      dims,
      Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => spread * Math.sin(i * 12.9898 + 1)),
    );
  const quantise = (from: string, by: string, to: string) => node('QuantizeLinear', [from, `${by}_s`, `${by}_z`], [to]);
  const restore = (from: string, by: string, to: string) =>
    node('DequantizeLinear', [from, `${by}_s`, `${by}_z`], [to]);
  const bytes = (name: string, dims: readonly number[]) => ({
    name,
    dims,
    dataType: 3,
    rawData: Int8Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => Math.round(120 * Math.sin(i * 7.7))),
  });
  const weights = [
    floats('w_s', [6], [0.002, 0.003, 0.001, 0.004, 0.002, 0.003]),
    { name: 'w_z', dims: [6], dataType: 3, rawData: new Int8Array(6) },
  ];
  const out = 0.02;

  /** x is quantised with 0.01 and 120; y is the result, quantised with `out` and 100. */
  const cases = {
    'a padded convolution with ReLU': {
      nodes: [
        restore('xq', 'x', 'xr'),
        node('DequantizeLinear', ['w', 'w_s', 'w_z'], ['wr'], { axis: 0 }),
        node('Conv', ['xr', 'wr', 'b'], ['c'], { pads: [1, 1, 1, 1], strides: [2, 1] }),
        node('Relu', ['c'], ['r']),
        quantise('r', 'y', 'yq'),
      ],
      initializers: [...weights, bytes('w', [6, 4, 3, 3]), random('b', [6], 0.1)],
    },
    QLinearConv: {
      nodes: [
        node('QLinearConv', ['xq', 'x_s', 'x_z', 'w', 'w_s', 'w_z', 'y_s', 'y_z', 'b'], ['yq'], {
          pads: [1, 0, 1, 1],
        }),
      ],
      initializers: [
        ...weights,
        bytes('w', [6, 4, 3, 3]),
        {
          name: 'b',
          dims: [6],
          dataType: 6,
          rawData: new Uint8Array(Int32Array.of(900, -800, 0, 50, 3000, -2).buffer),
        },
      ],
    },
    'ConvInteger, scaled and rounded': {
      nodes: [
        node('ConvInteger', ['xq', 'w', 'x_z'], ['ci'], { pads: [1, 1, 1, 1] }),
        node('Cast', ['ci'], ['cf'], { to: 1 }),
        node('Mul', ['cf', 'f'], ['cm']),
        node('Add', ['cm', 'b'], ['ca']),
        node('Relu', ['ca'], ['cr']),
        quantise('cr', 'y', 'yq'),
      ],
      initializers: [bytes('w', [6, 4, 3, 3]), floats('f', [], [0.00002]), random('b', [1, 6, 1, 1], 0.3)],
    },
    'a sum': {
      nodes: [restore('xq', 'x', 'xr'), node('Add', ['xr', 'xr'], ['s']), quantise('s', 'y', 'yq')],
      initializers: [],
    },
    'an average with a border': {
      nodes: [
        restore('xq', 'x', 'xr'),
        node('AveragePool', ['xr'], ['p'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }),
        quantise('p', 'y', 'yq'),
      ],
      initializers: [],
    },
    'a mean, and a function of it': {
      nodes: [
        restore('xq', 'x', 'xr'),
        node('GlobalAveragePool', ['xr'], ['p']),
        quantise('p', 'y', 'pq'),
        restore('pq', 'y', 'pr'),
        node('Sigmoid', ['pr'], ['g']),
        quantise('g', 'y', 'yq'),
      ],
      initializers: [],
    },
    'moves that keep their scale': {
      nodes: [
        node('MaxPool', ['xq'], ['m'], { kernel_shape: [2, 2], strides: [2, 2] }),
        node('Transpose', ['m'], ['t'], { perm: [0, 2, 3, 1] }),
        restore('t', 'x', 'tr'),
        quantise('tr', 'y', 'yq'),
      ],
      initializers: [],
    },
  };

  test.each(Object.entries(cases))('%s', (_name, { nodes, initializers }) => {
    const { graph: source, messages } = importTest({
      inputs: [port('x', [1, 4, 6, 6])],
      outputs: ['y'],
      initializers: [...pair('x', 0.01, 120), ...pair('y', out, 100), ...initializers],
      nodes: [quantise('x', 'x', 'xq'), ...nodes, restore('yq', 'y', 'y')],
    });
    expect(messages).toEqual([]);
    const { before, graph } = inWholes(source ?? expect.unreachable());
    expect(hasReal(graph)).toBe(false);
    expect(stepsApart(before, graph, out)).toBeLessThanOrEqual(1.001);
  });
});

test('a model without scales of its own is refused', () => {
  const said: Diagnostic[] = [];
  expect(quantizeGraph(network(), { kind: 'qdq' }, [], (d) => said.push(d))).toBeUndefined();
  expect(said.map((d) => [d.code, d.message, d.hint])).toEqual([
    [
      'quantize/no-scales',
      'the model has no scales of its own: nothing in it quantises',
      'give --quantize weights=int8,activations=int8 and --calibrate',
    ],
  ]);
});
