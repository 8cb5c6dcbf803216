/** The network of this example in tfjs-layers: what it is, how it learns, and how it is written to a file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { fromF16, toF16 } from '../../src/tensor/f16.ts';
import type { Digits } from './data.ts';
import { inputOf, shifted, side } from './data.ts';
import { registerGradients } from './gradients.ts';

/** TensorFlow.js on its WebAssembly backend, on one thread: fast enough, and the same bits on every machine. */
export async function startBackend(): Promise<void> {
  const require = createRequire(import.meta.url);
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  setThreadsCount(1);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.setBackend('wasm'))) throw new Error('tfjs-backend-wasm does not start');
  await tf.ready();
  registerGradients();
}

/** Input `image` [n, 28, 28, 1] from 0 to 1; output `logits` [n, 10]. */
export function makeNetwork(): layers.LayersModel {
  const start = (seed: number) => layers.initializers.heNormal({ seed });
  const convolution = (name: string, filters: number, strides: number, seed: number) =>
    layers.layers.conv2d({
      name,
      filters,
      strides,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: start(seed),
    });
  const pool = (name: string) => layers.layers.maxPooling2d({ name, poolSize: 2 });
  const image = layers.input({ name: 'image', shape: [side, side, 1] });
  const body = [
    convolution('conv1', 16, 2, 1),
    convolution('conv2', 32, 1, 2),
    pool('pool2'),
    convolution('conv3', 64, 1, 3),
    pool('pool3'),
    layers.layers.flatten({ name: 'flatten' }),
    layers.layers.dense({ name: 'logits', units: 10, kernelInitializer: start(4) }),
  ];
  const logits = body.reduce((x, layer) => layer.apply(x) as layers.SymbolicTensor, image);
  return layers.model({ name: 'digits', inputs: image, outputs: logits });
}

/** A layer's kernel: [kh, kw, i, o], or [in, out]. */
export const kernelOf = (model: layers.LayersModel, name: string): layers.LayerVariable =>
  model.getLayer(name).trainableWeights[0];

const batch = 64;

/** One pass over the digits in the order given, each moved by up to two pixels. `after` runs after every step. */
export interface Epoch {
  readonly digits: Digits;
  readonly order: Uint32Array;
  /** Down and across, one each for every place in the order. */
  readonly moves: Int8Array;
  /** The learning rate of each step: steps done in this epoch → rate. */
  readonly rate: (step: number) => number;
  readonly after: (step: number) => void;
}

/** Steps of an epoch over so many digits. What is left of the last batch is left out. */
export const stepsFor = (digits: number): number => Math.floor(digits / batch);

/** Returns the mean loss. */
export function trainEpoch(model: layers.LayersModel, adam: tf.AdamOptimizer, epoch: Epoch): number {
  const { digits, order, moves, rate, after } = epoch;
  const steps = stepsFor(digits.count);
  let total = 0;
  for (let step = 0; step < steps; step++) {
    const chosen = order.subarray(step * batch, (step + 1) * batch);
    // Protected, for no reason: it is read anew in every step.
    (adam as unknown as { learningRate: number }).learningRate = rate(step);
    total += tf.tidy(() => {
      const pictures = shifted(digits, chosen, moves.subarray(2 * step * batch));
      const x = tf.tensor4d(pictures, [batch, side, side, 1]);
      const labels = Array.from(chosen, (i) => digits.labels[i]);
      const y = tf.oneHot(tf.tensor1d(labels, 'int32'), 10);
      const loss = adam.minimize(
        () => tf.losses.softmaxCrossEntropy<tf.Tensor, tf.Scalar>(y, model.apply(x, { training: true }) as tf.Tensor),
        true,
      );
      return (loss as tf.Scalar).dataSync()[0];
    });
    after(step);
  }
  return total / steps;
}

/** How many of the digits the network takes for what they are. */
export function countRight(model: layers.LayersModel, digits: Digits): number {
  return tf.tidy(() => {
    const x = tf.tensor4d(inputOf(digits, 0, digits.count), [digits.count, side, side, 1]);
    const guesses = tf.argMax(model.predict(x, { batchSize: 500 }) as tf.Tensor, 1).dataSync();
    return digits.labels.reduce((right, label, i) => right + (guesses[i] === label ? 1 : 0), 0);
  });
}

/** Rounds all weights to 16-bit floats, as they are saved. */
export function roundWeights(model: layers.LayersModel): void {
  for (const weight of model.trainableWeights) {
    const value = weight.read();
    const rounded = Float32Array.from(value.dataSync(), (w) => fromF16(toF16(w)));
    tf.tidy(() => void weight.write(tf.tensor(rounded, value.shape)));
  }
}

/** Writes a model with rounded weights as a TF.js layers-model: `folder`/model.json and `folder`/weights.bin. */
export function saveNetwork(model: layers.LayersModel, folder: string): void {
  const weights = model.trainableWeights.map((w) => ({ name: w.originalName, value: w.read() }));
  const halves = weights.flatMap(({ value }) => Array.from(value.dataSync(), toF16));
  const entry = ({ name, value }: (typeof weights)[number]) => ({
    name,
    shape: value.shape,
    dtype: 'float32',
    quantization: { dtype: 'float16', original_dtype: 'float32' },
  });
  const file = {
    format: 'layers-model',
    generatedBy: `TensorFlow.js tfjs-layers v${layers.version_layers}`,
    convertedBy: null,
    modelTopology: model.toJSON(null, false),
    weightsManifest: [{ paths: ['weights.bin'], weights: weights.map(entry) }],
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/model.json`, `${JSON.stringify(file)}\n`);
  // TF.js reads little-endian, as does every machine that Node runs on but one.
  writeFileSync(`${folder}/weights.bin`, new Uint8Array(Uint16Array.from(halves).buffer));
}
