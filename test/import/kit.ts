/** Models made in tests: TensorFlow.js files out of a few lines, the importer on files in memory, and TensorFlow.js on the same. */
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import type { Diagnostic } from '../../src/diagnostic.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { ImportOptions } from '../../src/import/importer.ts';
import { importModel } from '../../src/import/index.ts';
import { elements } from '../../src/tensor/type.ts';
import { random } from '../models.ts';

export type Files = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

export interface Imported {
  readonly graph: Graph | null;
  readonly diagnostics: readonly Diagnostic[];
}

export function importFiles(files: Files, options: ImportOptions = {}, file = 'folder/model.json'): Imported {
  const diagnostics: Diagnostic[] = [];
  const read = (path: string) => (Object.hasOwn(files, path) ? files[path] : undefined);
  const graph = importModel(file, { read, report: (d) => void diagnostics.push(d), options });
  return { graph, diagnostics };
}

export const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

export type Attr = Readonly<Record<string, unknown>>;

const encoded = (text: string): string => Buffer.from(text).toString('base64');

/** Attributes as the converter writes them. */
export const int = (i: number): Attr => ({ i: String(i) });
export const float = (f: number): Attr => ({ f });
export const bool = (b: boolean): Attr => ({ b });
export const str = (s: string): Attr => ({ s: encoded(s) });
export const ints = (...values: number[]): Attr => ({ list: { i: values.map(String) } });
export const strs = (...values: string[]): Attr => ({ list: { s: values.map(encoded) } });
export const type = (name: string): Attr => ({ type: name });
export const shape = (...sizes: number[]): Attr => ({ shape: { dim: sizes.map((s) => ({ size: String(s) })) } });

/** A tensor of a test model: numbers, or random ones of a shape. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
}

/** Uniform in [−1, 1). */
export function noise(seed: number, ...sizes: number[]): Tensor {
  const next = random(seed);
  return { shape: sizes, data: Float32Array.from({ length: elements(sizes) }, () => 2 * next() - 1) };
}

export const whole = (values: readonly number[], sizes: readonly number[] = [values.length]): Tensor => ({
  shape: sizes,
  data: Int32Array.from(values),
});

export const real = (values: readonly number[], sizes: readonly number[] = [values.length]): Tensor => ({
  shape: sizes,
  data: Float32Array.from(values),
});

export interface TestNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, Attr>>;
}

export interface TestModel {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly constants: Readonly<Record<string, Tensor>>;
  readonly nodes: readonly TestNode[];
  /** Tensors, as `add` or `split:1`. */
  readonly outputs: readonly string[];
}

const dtypeOf = ({ data }: Tensor): 'int32' | 'float32' => (data instanceof Int32Array ? 'int32' : 'float32');
const typeOf = (t: Tensor): Attr => type(dtypeOf(t) === 'int32' ? 'DT_INT32' : 'DT_FLOAT');

/** The `model.json` of a test model as an object, for tests that break it. */
// biome-ignore lint/suspicious/noExplicitAny: tests reach into it and change anything
export function modelJson({ inputs, constants, nodes, outputs }: TestModel): any {
  const dims = (sizes: readonly number[]) => ({ dim: sizes.map((s) => ({ size: String(s) })) });
  const port = (name: string) => ({ name: name.includes(':') ? name : `${name}:0` });
  return {
    format: 'graph-model',
    signature: {
      inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, port(name)])),
      outputs: Object.fromEntries(outputs.map((name) => [name.replace(':', '_'), port(name)])),
    },
    modelTopology: {
      node: [
        ...Object.entries(inputs).map(([name, t]) => ({
          name,
          op: 'Placeholder',
          attr: { shape: shape(...t.shape), dtype: typeOf(t) },
        })),
        ...Object.entries(constants).map(([name, t]) => ({
          name,
          op: 'Const',
          attr: { dtype: typeOf(t), value: { tensor: { dtype: typeOf(t).type, tensorShape: dims(t.shape) } } },
        })),
        ...nodes.map((n) => ({ attr: {}, ...n })),
      ],
      versions: {},
    },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: Object.entries(constants).map(([name, t]) => ({ name, shape: t.shape, dtype: dtypeOf(t) })),
      },
    ],
  };
}

export function weightBytes(constants: Readonly<Record<string, Tensor>>): Uint8Array<ArrayBuffer> {
  const parts = Object.values(constants).map(
    ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  return new Uint8Array(Buffer.concat(parts));
}

export const filesOf = (model: TestModel): Files => ({
  'model.json': bytes(JSON.stringify(modelJson(model))),
  'weights.bin': weightBytes(model.constants),
});

/** What TensorFlow.js makes of a test model, on its plain JavaScript backend. */
export async function runReference(model: TestModel): Promise<readonly Tensor[]> {
  await tf.setBackend('cpu');
  const { weightsManifest, ...json } = modelJson(model);
  const loaded = await loadGraphModel(
    tf.io.fromMemory({
      ...json,
      weightSpecs: weightsManifest[0].weights,
      weightData: weightBytes(model.constants).buffer,
    }),
  );
  const feeds = Object.fromEntries(
    Object.entries(model.inputs).map(([name, t]) => [name, tf.tensor(t.data, [...t.shape], dtypeOf(t))]),
  );
  const results = loaded.execute(feeds, [...model.outputs]);
  const tensors = Array.isArray(results) ? results : [results];
  return tensors.map((t) => {
    const data = t.dataSync();
    return { shape: t.shape, data: data instanceof Float32Array ? Float32Array.from(data) : Int32Array.from(data) };
  });
}

/** max |a − b| / max |b|, NaN being equal to NaN. */
export function errorOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    difference = Math.max(difference, Number.isFinite(a[i] - b[i]) ? Math.abs(a[i] - b[i]) : Number.POSITIVE_INFINITY);
    size = Math.max(size, Math.abs(b[i]));
  }
  const largest = Array.from(b).reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), size);
  return difference === 0 ? 0 : difference / Math.max(largest, Number.MIN_VALUE);
}

/** The smallest model with weights of two shapes: a product and a bias. */
export const denseLayer: TestModel = {
  inputs: { x: noise(1, 1, 4) },
  constants: { w: noise(2, 4, 3), b: noise(3, 3) },
  nodes: [
    { name: 'product', op: 'MatMul', input: ['x', 'w'], attr: {} },
    { name: 'sum', op: 'BiasAdd', input: ['product', 'b'], attr: {} },
  ],
  outputs: ['sum'],
};
