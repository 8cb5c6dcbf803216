/** What TensorFlow.js itself makes of a model: the reference that is not ours. Runs on its WebAssembly backend, on one thread. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';

/** A dense tensor, row-major. */
export interface Reference {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** The parts of a model.json that loading needs. */
interface ModelFile {
  readonly format?: string;
  readonly modelTopology: object;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: tf.io.WeightsManifestEntry[];
  }[];
  readonly signature?: object;
  readonly userDefinedMetadata?: Record<string, object>;
}

/** A loaded model: `run` may be called many times. */
export interface TfjsModel {
  /** Every output by its public name. Inputs are given by theirs. Both are the signature's, without ":0". */
  readonly run: (inputs: Readonly<Record<string, Reference>>) => Record<string, Reference>;
  readonly dispose: () => void;
}

/** Loads the graph-model or layers-model at `path` (its model.json). */
export async function loadTfjs(path: string): Promise<TfjsModel> {
  const file: ModelFile = JSON.parse(readFileSync(path, 'utf8'));
  await startBackend();
  const handler = tf.io.fromMemory(artifactsOf(file, dirname(path)));
  return 'node' in file.modelTopology ? graphModel(handler) : layersModel(handler);
}

/** Loads a model, runs it once, and lets go of it. */
export async function runTfjs(
  path: string,
  inputs: Readonly<Record<string, Reference>>,
): Promise<Record<string, Reference>> {
  const model = await loadTfjs(path);
  try {
    return model.run(inputs);
  } finally {
    model.dispose();
  }
}

/** The name that people use for a tensor: "Identity_1:0" is "Identity_1". */
const publicName = (name: string): string => name.replace(/:\d+$/, '');

/** Starts the WebAssembly backend, once. */
export async function startBackend(): Promise<void> {
  if (tf.getBackend() === 'wasm') return;
  const require = createRequire(import.meta.url);
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  // On more threads the backend starts workers, which keep Node alive.
  setThreadsCount(1);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.setBackend('wasm'))) throw new Error('tfjs-backend-wasm does not start');
  await tf.ready();
}

function artifactsOf(file: ModelFile, folder: string): tf.io.ModelArtifacts {
  const shards = file.weightsManifest.flatMap(({ paths }) => paths.map((path) => readFileSync(join(folder, path))));
  const { buffer, byteOffset, byteLength } = Buffer.concat(shards);
  return {
    ...file,
    // nsfwjs leaves out the key "format".
    format: file.format ?? 'layers-model',
    weightSpecs: file.weightsManifest.flatMap(({ weights }) => weights),
    weightData: buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer,
  };
}

async function graphModel(handler: tf.io.IOHandler): Promise<TfjsModel> {
  const model = await loadGraphModel(handler);
  const { inputs, outputs } = model.modelSignature as {
    readonly inputs: Readonly<Record<string, { readonly name: string }>>;
    readonly outputs: Readonly<Record<string, { readonly name: string }>>;
  };
  const nodeOf = new Map(Object.entries(inputs).map(([key, { name }]) => [publicName(key), publicName(name)]));
  const asked = Object.entries(outputs);
  return {
    run: (given) => {
      const feeds = mapValues(given, tensorOf, (name) => nodeOf.get(name) ?? name);
      const results = model.execute(
        feeds,
        asked.map(([, { name }]) => name),
      );
      const tensors = Array.isArray(results) ? results : [results as tf.Tensor];
      const read = Object.fromEntries(asked.map(([key], i) => [publicName(key), readTensor(tensors[i])]));
      tf.dispose([...Object.values(feeds), ...tensors]);
      return read;
    },
    dispose: () => model.dispose(),
  };
}

async function layersModel(handler: tf.io.IOHandler): Promise<TfjsModel> {
  const model = await loadLayersModel(handler);
  return {
    run: (given) => {
      const feeds = model.inputNames.map((name) => tensorOf(given[name] ?? missing(name)));
      const results = model.predict(feeds);
      const tensors = Array.isArray(results) ? results : [results];
      const read = Object.fromEntries(tensors.map((tensor, i) => [model.outputNames[i], readTensor(tensor)]));
      tf.dispose([...feeds, ...tensors]);
      return read;
    },
    dispose: () => model.dispose(),
  };
}

function missing(name: string): never {
  throw new Error(`no value for the input "${name}"`);
}

const tensorOf = ({ shape, data }: Reference): tf.Tensor =>
  tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32');

function readTensor(tensor: tf.Tensor): Reference {
  const data = tensor.dataSync();
  // The backend hands out a view of its own memory.
  return { shape: [...tensor.shape], data: data instanceof Int32Array ? data.slice() : Float32Array.from(data) };
}

const mapValues = <A, B>(
  record: Readonly<Record<string, A>>,
  value: (a: A) => B,
  key: (k: string) => string,
): Record<string, B> => Object.fromEntries(Object.entries(record).map(([k, a]) => [key(k), value(a)]));
