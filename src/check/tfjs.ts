/** TensorFlow.js itself as a reference: its WebAssembly backend, in this process, on one thread. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import { publicName } from '../import/names.ts';
import { readShards } from '../import/shards.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Shape } from '../tensor/type.ts';
import type { Shapes } from './peer.ts';

/** A loaded model. `run` may be called many times. */
export interface TfjsModel {
  /** Plain inputs by name → plain outputs by name, named as the imported graph names them. Undefined after a report. */
  readonly run: (inputs: Named) => Named | undefined;
  /** What the nodes of these names compute, as far as the model has such nodes and keeps their values. */
  readonly valuesOf: (inputs: Named, names: readonly string[]) => Named;
  /** Runs once on the inputs and reads the outputs, the inputs being in place already after the first time: for timing. */
  readonly repeat: (inputs: Named) => void;
  readonly dispose: () => void;
}

type Feeds = ReadonlyMap<string, Tensor>;

/** What graph-models and layers-models are once loaded. */
interface Loaded {
  /** The outputs by name, in new tensors. */
  readonly predict: (feeds: Feeds) => ReadonlyMap<string, Tensor>;
  /** Values inside the model by the names of their nodes; layers-models keep none. */
  readonly inside: (feeds: Feeds, names: readonly string[]) => ReadonlyMap<string, Tensor>;
  readonly dispose: () => void;
}

/** Loads the model at `path`, whose inputs have these shapes; undefined, and reported, if TensorFlow.js cannot run it. */
export async function loadTfjs(path: string, shapes: Shapes, report: Report): Promise<TfjsModel | undefined> {
  const fail = (message: string, hint: string): undefined =>
    void report({ severity: 'error', code: 'verify/tfjs', message, hint, origin: { file: path } });
  const cannot = (error: unknown): undefined =>
    fail(`TensorFlow.js cannot run the model: ${firstLine(error)}`, 'verify it without --against tfjs');
  if (/\.onnx$/i.test(path)) return fail('TensorFlow.js does not read ONNX models', 'verify it with --against ort');
  if (path.endsWith('.graph')) return fail('TensorFlow.js does not read graphs as text', 'give the model.json');
  try {
    const artifacts = artifactsOf(path, report);
    if (!artifacts) return undefined;
    await startBackend();
    const { node: nodes } = artifacts.modelTopology as { readonly node?: readonly { readonly name: string }[] };
    const handler = tf.io.fromMemory(artifacts);
    const model = nodes ? await graphModel(handler, nodes) : await layersModel(handler);
    if (!model)
      return fail(
        'TensorFlow.js needs one more package to run a layers-model',
        'npm install @tensorflow/tfjs-layers@4.22.0',
      );
    return { ...runners(model, shapes, cannot), dispose: model.dispose };
  } catch (error) {
    return cannot(error);
  }
}

function runners(
  { predict, inside }: Loaded,
  shapes: Shapes,
  cannot: (error: unknown) => undefined,
): Omit<TfjsModel, 'dispose'> {
  const feed = (inputs: Named): Feeds =>
    new Map(Object.entries(inputs).map(([name, data]) => [name, tensorOf(data, shapes.get(name) ?? [data.length])]));
  /** Reads the tensors that `body` makes of the inputs, and lets go of all. */
  const reading = (feeds: Feeds, body: () => ReadonlyMap<string, Tensor>): Named => {
    const results = body();
    const read = Array.from(results, ([name, tensor]) => [name, numbersOf(tensor)] as const);
    const given = new Set(feeds.values());
    tf.dispose([...results.values()].filter((tensor) => !given.has(tensor)));
    return Object.fromEntries(read);
  };
  const once = (inputs: Named, body: (feeds: Feeds) => ReadonlyMap<string, Tensor>): Named => {
    const feeds = feed(inputs);
    try {
      return reading(feeds, () => body(feeds));
    } finally {
      tf.dispose([...feeds.values()]);
    }
  };
  const kept = new WeakMap<Named, Feeds>();
  return {
    run(inputs) {
      try {
        return once(inputs, predict);
      } catch (error) {
        return cannot(error);
      }
    },
    valuesOf(inputs, names) {
      try {
        return once(inputs, (feeds) => inside(feeds, names));
      } catch {
        return {};
      }
    },
    repeat(inputs) {
      const feeds = kept.get(inputs) ?? feed(inputs);
      kept.set(inputs, feeds);
      reading(feeds, () => predict(feeds));
    },
  };
}

const tensorOf = (data: Numbers, shape: Shape): Tensor =>
  tf.tensor(data as Float32Array, [...shape], data instanceof Float32Array ? 'float32' : 'int32');

/** The backend hands out a view of its own memory. Booleans become 0 and 1. */
function numbersOf(tensor: Tensor): Numbers {
  const data = tensor.dataSync();
  return data instanceof Float32Array ? Float32Array.from(data) : Int32Array.from(data);
}

async function startBackend(): Promise<void> {
  if (tf.getBackend() === 'wasm') return;
  const { setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const require = createRequire(import.meta.url);
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  // On more threads the backend starts workers, which keep Node alive.
  setThreadsCount(1);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await tf.setBackend('wasm');
}

interface ModelFile {
  readonly format?: string;
  readonly modelTopology: object;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: tf.io.WeightsManifestEntry[];
  }[];
}

/** The importer has read the same files before, so what it checks is not checked again; the shards' paths are. */
function artifactsOf(path: string, report: Report): tf.io.ModelArtifacts | undefined {
  const file = JSON.parse(readFileSync(path, 'utf8')) as ModelFile;
  const read = (shard: string) => Uint8Array.from(readFileSync(join(dirname(path), shard)));
  const groups = file.weightsManifest.map(({ paths }) => readShards(paths, basename(path), { read, report }));
  if (!groups.every((group) => group !== undefined)) return undefined;
  const bytes = Uint8Array.from(Buffer.concat(groups));
  return {
    ...file,
    // nsfwjs leaves out the key "format".
    format: file.format ?? 'layers-model',
    weightSpecs: file.weightsManifest.flatMap(({ weights }) => weights),
    weightData: bytes.buffer,
  };
}

interface SignaturePort {
  readonly name: string;
}

async function graphModel(handler: tf.io.IOHandler, known: readonly SignaturePort[]): Promise<Loaded> {
  const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
  const model = await loadGraphModel(handler);
  const signature = model.modelSignature as
    | { readonly inputs?: Record<string, SignaturePort>; readonly outputs?: Record<string, SignaturePort> }
    | undefined;
  const nodes = (ports: Record<string, SignaturePort> | undefined, all: readonly { readonly name: string }[]) =>
    new Map(
      ports
        ? Object.entries(ports).map(([name, port]) => [publicName(name), publicName(port.name)])
        : all.map(({ name }) => [publicName(name), name]),
    );
  const inputs = nodes(signature?.inputs, model.inputs);
  const outputs = nodes(signature?.outputs, model.outputs);
  const execute = (feeds: Feeds, names: readonly string[]): readonly Tensor[] => {
    const given = Object.fromEntries(Array.from(feeds, ([name, tensor]) => [inputs.get(name) ?? name, tensor]));
    const results = model.execute(given, [...names]);
    return Array.isArray(results) ? results : [results];
  };
  const names = new Set(known.map(({ name }) => name));
  return {
    predict(feeds) {
      const tensors = execute(feeds, [...outputs.values()]);
      return new Map(Array.from(outputs.keys(), (name, i) => [name, tensors[i]]));
    },
    inside(feeds, wanted) {
      const here = wanted.filter((name) => names.has(name));
      const tensors = here.length === 0 ? [] : execute(feeds, here);
      return new Map(here.map((name, i) => [name, tensors[i]]));
    },
    dispose: () => model.dispose(),
  };
}

/** Undefined where @tensorflow/tfjs-layers is not installed: nothing else needs it. */
async function layersModel(handler: tf.io.IOHandler): Promise<Loaded | undefined> {
  const layers = await import('@tensorflow/tfjs-layers').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  });
  if (!layers) return undefined;
  const model = await layers.loadLayersModel(handler);
  return {
    predict(feeds) {
      const results = model.predict(model.inputNames.map((name) => feeds.get(name) as Tensor));
      const tensors = Array.isArray(results) ? results : [results];
      return new Map(model.outputNames.map((name, i) => [publicName(name), tensors[i]]));
    },
    inside: () => new Map(),
    dispose: () => model.dispose(),
  };
}

const firstLine = (error: unknown): string => String((error as Error)?.message ?? error).split('\n')[0];
