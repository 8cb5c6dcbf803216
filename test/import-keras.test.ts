/** Every Keras layer that is read means what TensorFlow.js takes it to mean, in files that TensorFlow.js wrote. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { model as functional, input, layers as L, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import { verify } from '../src/graph/verify.ts';
import { kerasLayers } from '../src/import/keras/layers.ts';
import type { Layer } from './import/keras-cases.ts';
import { cases } from './import/keras-cases.ts';
import { savedFiles } from './import/keras-files.ts';
import type { Files } from './import/kit.ts';
import { bytes, errorOf, importFiles, noise } from './import/kit.ts';
import { random } from './models.ts';

/** Layers that TensorFlow.js cannot make, and that Keras writes; they are tested further down, or are nothing. */
const elsewhere = [
  'ActivityRegularization',
  'BatchNormalizationV1',
  'Cropping1D',
  'SpatialDropout2D',
  'Subtract',
  'ZeroPadding1D',
];

/** Weights that are neither 0 nor 1, as many are when a layer is made. */
function shake(model: LayersModel): void {
  const next = random(7);
  model.setWeights(
    model.getWeights().map((w) =>
      tf.tensor(
        Float32Array.from({ length: w.size }, () => next() + 0.1),
        w.shape,
      ),
    ),
  );
}

async function compare(model: LayersModel, whole = false): Promise<void> {
  const { graph, diagnostics } = importFiles(await savedFiles(model));
  expect(diagnostics).toEqual([]);
  if (!graph) throw new Error('no graph');
  verify(graph, (d) => expect(d).toBeUndefined());
  const names = graph.nodes.flatMap((n) => (n.kind === 'input' ? [n.name] : []));
  // A sequence does not say what its inputs are called.
  if (model.inputNames.length > 0) expect(names).toEqual(model.inputNames);
  const feeds = model.inputs.map((x, i) => noise(i + 1, 1, ...x.shape.slice(1).map(Number)));
  const data = feeds.map((t) => (whole ? t.data.map((v) => Math.floor(Math.abs(v) * 10)) : t.data));
  const results = model.predict(feeds.map((t, i) => tf.tensor(data[i], [...t.shape])));
  const tensors = Array.isArray(results) ? results : [results];
  const types = graph.nodes.flatMap((n) => (n.kind === 'input' ? [n.type.dtype] : []));
  const got = evaluate(
    graph,
    Object.fromEntries(names.map((n, i) => [n, types[i] === 'i32' ? Int32Array.from(data[i]) : data[i]])),
  );
  for (const [i, t] of tensors.entries()) {
    const { name, id } = graph.outputs[i];
    expect(graph.nodes.find((n) => n.id === id)?.type.shape).toEqual(t.shape);
    expect(errorOf(got[name], t.dataSync())).toBeLessThanOrEqual(1e-5);
  }
}

const applied = (make: () => Layer, sizes: readonly (readonly number[])[]): LayersModel => {
  const inputs = sizes.map((s) => input({ shape: [...s] }));
  const result = make().apply(inputs.length === 1 ? inputs[0] : inputs) as SymbolicTensor;
  return functional({ inputs, outputs: result });
};

describe('a layer gives what TensorFlow.js gives', () => {
  for (const { layer, what, make, inputs, whole } of cases)
    test(`${layer}${what === undefined ? '' : `: ${what}`}`, async () => {
      await tf.setBackend('cpu');
      const model = applied(make, inputs);
      if (!whole) shake(model);
      await compare(model, whole);
    });
});

test('every layer that is read has a case', () => {
  const tested = new Set([...cases.map((c) => c.layer), ...elsewhere]);
  expect(kerasLayers.filter((name) => !tested.has(name))).toEqual([]);
});

describe('models', () => {
  test('a sequence, its input made from its first layer', async () => {
    const model = sequential({
      layers: [L.dense({ units: 3, inputShape: [4], name: 'first' }), L.dense({ units: 2 })],
    });
    await compare(model);
    expect(model.inputs.map((x) => x.name)).toEqual(['first_input']);
    const { graph } = importFiles(await savedFiles(model));
    expect(graph?.nodes[0]).toMatchObject({ kind: 'input', name: 'first_input' });
  });

  test('a layer that is shared is read once and called twice', async () => {
    const [a, b] = [input({ shape: [4], name: 'a' }), input({ shape: [4], name: 'b' })];
    const shared = L.dense({ units: 3, name: 'shared' });
    const sum = L.concatenate().apply([shared.apply(a) as SymbolicTensor, shared.apply(b) as SymbolicTensor]);
    const model = functional({ inputs: [a, b], outputs: sum as SymbolicTensor });
    await compare(model);
    const { graph } = importFiles(await savedFiles(model));
    expect(graph?.nodes.filter((n) => n.origin === 'shared/kernel')).toHaveLength(1);
  });

  test('a model within a model', async () => {
    const x = input({ shape: [4], name: 'inner_input' });
    const inner = functional({
      inputs: x,
      outputs: L.dense({ units: 3, name: 'deep' }).apply(x) as SymbolicTensor,
      name: 'inner',
    });
    const y = input({ shape: [4], name: 'outer_input' });
    const twice = L.add().apply([
      inner.apply(y) as SymbolicTensor,
      inner.apply(L.dense({ units: 4 }).apply(y)) as SymbolicTensor,
    ]);
    await compare(functional({ inputs: y, outputs: twice as SymbolicTensor }));
    await compare(sequential({ layers: [inner, L.dense({ units: 2 })] }));
  });

  test('several outputs of one layer keep names apart', async () => {
    const x = input({ shape: [4], name: 'x' });
    const dense = L.dense({ units: 3, name: 'd' });
    const [first, second] = [
      dense.apply(x) as SymbolicTensor,
      dense.apply(L.activation({ activation: 'relu' }).apply(x)) as SymbolicTensor,
    ];
    const { graph } = importFiles(await savedFiles(functional({ inputs: x, outputs: [first, second] })));
    expect(graph?.outputs.map((o) => o.name)).toEqual(['d', 'd_1']);
  });
});

/** A model of one layer as Keras writes it, for what TensorFlow.js cannot make. */
function kerasFiles(
  layer: object,
  sizes: readonly (readonly number[])[],
  weights: readonly object[] = [],
  data = new Uint8Array(),
): Files {
  const inputs = sizes.map((s, i) => ({
    class_name: 'InputLayer',
    name: `x${i}`,
    config: { name: `x${i}`, batch_input_shape: [null, ...s] },
    inbound_nodes: [],
  }));
  const node = { name: 'y', inbound_nodes: [inputs.map(({ name }) => [name, 0, 0, {}])], ...layer };
  const config = {
    layers: [...inputs, node],
    input_layers: inputs.map(({ name }) => [name, 0, 0]),
    output_layers: [['y', 0, 0]],
  };
  return {
    'model.json': bytes(
      JSON.stringify({
        modelTopology: { model_config: { class_name: 'Functional', config } },
        weightsManifest: [{ paths: weights.length > 0 ? ['w.bin'] : [], weights }],
      }),
    ),
    'w.bin': data,
  };
}

describe('layers of Keras that TensorFlow.js does not have', () => {
  const run = (files: Files, ...data: number[][]): readonly number[] => {
    const { graph, diagnostics } = importFiles(files);
    expect(diagnostics).toEqual([]);
    if (!graph) throw new Error('no graph');
    return [...evaluate(graph, Object.fromEntries(data.map((d, i) => [`x${i}`, Float32Array.from(d)]))).y];
  };

  test('Subtract', () => {
    expect(run(kerasFiles({ class_name: 'Subtract', config: {} }, [[2], [2]]), [5, 7], [1, 10])).toEqual([4, -3]);
  });

  test('Conv1D that looks back only', () => {
    const config = { filters: 1, kernel_size: [2], dilation_rate: [2], padding: 'causal', use_bias: false };
    const weights = [{ name: 'y/kernel', shape: [2, 1, 1], dtype: 'float32' }];
    const data = new Uint8Array(Float32Array.of(10, 1).buffer);
    expect(run(kerasFiles({ class_name: 'Conv1D', config }, [[4, 1]], weights, data), [1, 2, 3, 4])).toEqual([
      1, 2, 13, 24,
    ]);
  });

  test('ZeroPadding1D and Cropping1D', () => {
    expect(run(kerasFiles({ class_name: 'ZeroPadding1D', config: { padding: [1, 2] } }, [[1, 2]]), [5, 7])).toEqual([
      0, 0, 5, 7, 0, 0, 0, 0,
    ]);
    expect(run(kerasFiles({ class_name: 'Cropping1D', config: { cropping: [1, 0] } }, [[2, 2]]), [5, 7, 1, 2])).toEqual(
      [1, 2],
    );
  });

  test('ReLU with a slope and a threshold', () => {
    const config = { max_value: 4, negative_slope: 0.5, threshold: 1 };
    expect(run(kerasFiles({ class_name: 'ReLU', config }, [[4]]), [-1, 0, 2, 9])).toEqual([-1, -0.5, 2, 4]);
  });

  test('ELU with a factor', () => {
    const [below, above] = run(kerasFiles({ class_name: 'ELU', config: { alpha: 2 } }, [[2]]), [-1, 3]);
    expect([below, above]).toEqual([Math.fround(2 * Math.fround(Math.expm1(-1))), 3]);
  });

  test('SpatialDropout2D and ActivityRegularization do nothing', () => {
    for (const class_name of ['SpatialDropout2D', 'ActivityRegularization'])
      expect(run(kerasFiles({ class_name, config: {} }, [[1, 1, 2]]), [5, 7])).toEqual([5, 7]);
  });

  test('the third version’s spelling of calls', () => {
    const files = kerasFiles({ class_name: 'Add', config: {} }, [[2], [2]]);
    const json = JSON.parse(new TextDecoder().decode(files['model.json']));
    const tensor = (name: string) => ({ class_name: '__keras_tensor__', config: { keras_history: [name, 0, 0] } });
    const { config } = json.modelTopology.model_config;
    config.layers[2].inbound_nodes = [{ args: [[tensor('x0'), tensor('x1')]], kwargs: {} }];
    config.output_layers = ['y', 0, 0];
    for (const layer of config.layers.slice(0, 2)) {
      layer.config.batch_shape = layer.config.batch_input_shape;
      delete layer.config.batch_input_shape;
    }
    expect(run({ ...files, 'model.json': bytes(JSON.stringify(json)) }, [5, 7], [1, 2])).toEqual([6, 9]);
  });
});
