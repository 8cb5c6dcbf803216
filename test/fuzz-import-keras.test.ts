/** Damaged layers-models never crash the importer, never hang it, and never compute something else than TensorFlow.js does. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { model as functional, input, layers as L, loadLayersModel } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { kerasLayers } from '../src/import/keras/layers.ts';
import { check, small } from './import/fuzz.ts';
import { savedFiles } from './import/keras-files.ts';
import type { Files } from './import/kit.ts';
import { bytes, errorOf } from './import/kit.ts';
import type { Json } from './import/mutate.ts';
import { mutated, mutatedBytes } from './import/mutate.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 300);

let files: Files = {};
let base: Json = null;

beforeAll(async () => {
  await tf.setBackend('cpu');
  const x = input({ shape: [6, 6, 2], name: 'x' });
  const then = (layer: { apply(i: SymbolicTensor | SymbolicTensor[]): unknown }, ...from: SymbolicTensor[]) =>
    layer.apply(from.length === 1 ? from[0] : from) as SymbolicTensor;
  const conv = then(
    L.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu', name: 'conv' }),
    x,
  );
  const deep = then(L.depthwiseConv2d({ kernelSize: 3, padding: 'same', name: 'deep' }), conv);
  const normal = then(L.batchNormalization({ name: 'normal' }), deep);
  const act = then(L.reLU({ maxValue: 6, name: 'act' }), normal);
  const sum = then(L.add({ name: 'sum' }), act, conv);
  const up = then(L.upSampling2d({ size: [2, 2], name: 'up' }), sum);
  const both = then(L.concatenate({ name: 'both' }), up, x);
  const pool = then(L.maxPooling2d({ poolSize: 2, name: 'pool' }), both);
  const flat = then(L.flatten({ name: 'flat' }), pool);
  const dense = then(L.dense({ units: 5, activation: 'softmax', name: 'dense' }), flat);
  const mean = then(L.globalAveragePooling2d({ name: 'mean', dataFormat: 'channelsLast' }), sum);
  files = await savedFiles(functional({ inputs: x, outputs: [dense, mean] }));
  base = JSON.parse(new TextDecoder().decode(files['model.json'])) as Json;
});

/** Whether weights are constrained: TensorFlow.js does that again when it reads them, where trained weights already comply. */
const constrains = (json: Json): boolean =>
  /"(?:kernel|bias|depthwise|pointwise|beta|gamma|alpha)_constraint":(?!null)/.test(JSON.stringify(json));

describe('layers-models', () => {
  const words = [
    ...kerasLayers,
    'x',
    'conv',
    'deep',
    'normal',
    'act',
    'sum',
    'up',
    'both',
    'dense',
    'same',
    'valid',
    'relu',
    'tanh',
  ];

  test('are fine before they are damaged', () => {
    expect(check(files)?.outputs.map((o) => o.name)).toEqual(['dense', 'mean']);
  });

  test('damaged anywhere are refused, or run', () => {
    fc.assert(
      fc.property(mutated(base, words), mutatedBytes(files['weights.bin']), (json, shard) => {
        check({ 'model.json': bytes(JSON.stringify(json)), 'weights.bin': shard });
      }),
      { numRuns: runs },
    );
  });

  test('that run give what TensorFlow.js gives, where that runs too', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(mutated(base, words), async (json) => {
        const graph = check({ ...files, 'model.json': bytes(JSON.stringify(json)) });
        if (!graph || !small(graph)) return;
        const wanted = resolves(json) && !constrains(json) ? await reference(json, graph) : undefined;
        if (!wanted?.every((data) => Array.from(data).every(Number.isFinite))) return;
        const got = evaluate(graph, randomInputs(graph, 1));
        for (const [i, data] of wanted.entries()) expect(errorOf(got[graph.outputs[i].name], data)).toBeLessThan(1e-4);
        compared++;
      }),
      { numRuns: runs },
    );
    expect(compared).toBeGreaterThan(runs / 20);
  });
});

/** The outputs as TensorFlow.js computes them, in order; undefined where it cannot. */
// biome-ignore lint/suspicious/noExplicitAny: damaged on purpose
async function reference(json: any, graph: Graph): Promise<readonly ArrayLike<number>[] | undefined> {
  tf.engine().startScope();
  try {
    const { modelTopology, weightsManifest } = json;
    const weightSpecs = weightsManifest.flatMap((g: { weights: unknown }) => g.weights);
    const weightData = files['weights.bin'].slice().buffer;
    const model = await loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
    const inputs = randomInputs(graph, 1);
    const feeds = graph.nodes.flatMap((n) =>
      n.kind === 'input' ? [tf.tensor(inputs[n.name] as Float32Array, [...n.type.shape])] : [],
    );
    const results = model.predict(feeds);
    return (Array.isArray(results) ? results : [results]).map((t) => t.dataSync());
  } catch {
    return undefined;
  } finally {
    tf.engine().endScope();
  }
}

/** Whether TensorFlow.js can be asked: it tries for ever to make the calls of layers, in some order, where one cannot be made. */
// biome-ignore lint/suspicious/noExplicitAny: damaged on purpose
function resolves(json: any): boolean {
  try {
    const { layers } = (json.modelTopology.model_config ?? json.modelTopology).config;
    const made = new Map<string, number>();
    const canBeMade = ([from, call]: [string, number]): boolean => (made.get(from) ?? 0) > call;
    for (let before = -1; before !== made.size; ) {
      before = made.size;
      for (const { name, class_name, inbound_nodes, config } of layers) {
        // TensorFlow.js passes over the dilation of this one, which Keras does not.
        if (class_name === 'DepthwiseConv2D' && String(config.dilation_rate) !== '1,1') return false;
        const nodes: [string, number][][] = inbound_nodes;
        const isInput = class_name === 'InputLayer' && nodes.length === 0;
        const isCalled = nodes.length > 0 && nodes.every((node) => node.length > 0 && node.every(canBeMade));
        if (config.name === name && (isInput || isCalled)) made.set(name, Math.max(1, nodes.length));
      }
    }
    return made.size === layers.length;
  } catch {
    return false;
  }
}
