/**
 * A model in the hands of TensorFlow.js: what is fed, what is run, what is read. The same in Node.js and in a page, so
 * the libraries are given, and nothing is imported that a browser could not load.
 */
import type { GraphModel } from '@tensorflow/tfjs-converter';
import type { io, Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Named } from '../graph/evaluate.ts';
import { publicName } from '../import/names.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Shapes } from './peer.ts';

export type Tf = typeof import('@tensorflow/tfjs-core');

/** A loaded model, whose inputs are in place after the first run. Everything throws what TensorFlow.js throws. */
export interface TfjsRunner {
  /** Plain inputs by name → plain outputs by name, named as the imported graph names them. */
  readonly run: (inputs: Named) => Named;
  /** What the nodes of these names compute, as far as the model has such nodes and keeps their values. */
  readonly valuesOf: (inputs: Named, names: readonly string[]) => Named;
  /** Runs once on the inputs and reads the outputs, the inputs being in place already after the first time: for timing. */
  readonly repeat: (inputs: Named) => void;
  readonly dispose: () => void;
}

type Feeds = ReadonlyMap<string, Tensor>;

/** What graph-models and layers-models are once loaded. */
export interface TfjsLoaded {
  /** The outputs by name, in new tensors. */
  readonly predict: (feeds: Feeds) => ReadonlyMap<string, Tensor>;
  /** Values inside the model by the names of their nodes; layers-models keep none. */
  readonly inside: (feeds: Feeds, names: readonly string[]) => ReadonlyMap<string, Tensor>;
  readonly dispose: () => void;
}

/** The inputs have these shapes. */
export function tfjsRunner(tf: Tf, { predict, inside, dispose }: TfjsLoaded, shapes: Shapes): TfjsRunner {
  const tensorOf = (name: string, data: Numbers): Tensor => {
    const shape = shapes.get(name) ?? [data.length];
    return tf.tensor(data as Float32Array, [...shape], data instanceof Float32Array ? 'float32' : 'int32');
  };
  const feed = (inputs: Named): Feeds =>
    new Map(Object.entries(inputs).map(([name, data]) => [name, tensorOf(name, data)]));
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
    run: (inputs) => once(inputs, predict),
    valuesOf: (inputs, names) => once(inputs, (feeds) => inside(feeds, names)),
    repeat(inputs) {
      const feeds = kept.get(inputs) ?? feed(inputs);
      kept.set(inputs, feeds);
      reading(feeds, () => predict(feeds));
    },
    dispose,
  };
}

/** The backend hands out a view of its own memory. Booleans become 0 and 1. */
function numbersOf(tensor: Tensor): Numbers {
  const data = tensor.dataSync();
  return data instanceof Float32Array ? Float32Array.from(data) : Int32Array.from(data);
}

export interface ModelFile {
  readonly format?: string;
  readonly modelTopology: object;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: io.WeightsManifestEntry[];
  }[];
}

/** The file, with the bytes of all its shards in order. */
export const artifactsFrom = (file: ModelFile, weightData: ArrayBuffer): io.ModelArtifacts => ({
  ...file,
  // nsfwjs leaves out the key "format".
  format: file.format ?? 'layers-model',
  weightSpecs: file.weightsManifest.flatMap(({ weights }) => weights),
  weightData,
});

interface NamedNode {
  readonly name: string;
}

/** The nodes of a graph-model; undefined for a layers-model. */
export const nodesOf = ({ modelTopology }: Pick<ModelFile, 'modelTopology'>): readonly NamedNode[] | undefined =>
  (modelTopology as { readonly node?: readonly NamedNode[] }).node;

/** `known` are the nodes of the model. */
export function graphModelOf(model: GraphModel, known: readonly NamedNode[]): TfjsLoaded {
  const signature = model.modelSignature as
    | { readonly inputs?: Record<string, NamedNode>; readonly outputs?: Record<string, NamedNode> }
    | undefined;
  const nodes = (ports: Record<string, NamedNode> | undefined, all: readonly NamedNode[]) =>
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

export const layersModelOf = (model: LayersModel): TfjsLoaded => ({
  predict(feeds) {
    const results = model.predict(model.inputNames.map((name) => feeds.get(name) as Tensor));
    const tensors = Array.isArray(results) ? results : [results];
    return new Map(model.outputNames.map((name, i) => [publicName(name), tensors[i]]));
  },
  inside: () => new Map(),
  dispose: () => model.dispose(),
});
