/** One ONNX model twice: imported and evaluated here, and run by onnxruntime from the same bytes. */
import { expect } from 'vitest';
import type { Named } from '../../src/graph/evaluate.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { ImportOptions } from '../../src/import/importer.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { runtime } from '../export/runtime.ts';
import type { TestModel } from './kit.ts';
import { bytesOfModel, importTest, modelOf } from './kit.ts';

/** What a model gives, by name. */
export type Results = Readonly<Record<string, { readonly shape: Shape; readonly data: readonly number[] }>>;

/** Numbers for the inputs, by name. */
export type Given = Readonly<Record<string, readonly number[]>>;

export function results(model: TestModel, given: Given, options?: ImportOptions): Results {
  const { graph, messages } = importTest(model, options);
  expect(messages).toEqual([]);
  if (!graph) throw new Error('nothing was said');
  const inputs: Named = Object.fromEntries(
    graph.nodes.flatMap((n) => {
      if (n.kind !== 'input') return [];
      return [[n.name, n.type.dtype === 'i32' ? Int32Array.from(given[n.name]) : Float32Array.from(given[n.name])]];
    }),
  );
  const got = evaluate(graph, inputs);
  const shapes = new Map(graph.nodes.map(({ id, type }) => [id, type.shape]));
  return Object.fromEntries(
    graph.outputs.map(({ name, id }) => [name, { shape: shapes.get(id) ?? [], data: Array.from(got[name]) }]),
  );
}

interface Port {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly { readonly dimValue: number }[] };
    };
  };
}

/** The runtime's names for element types, and its arrays; those of 64 bits are none of ours. */
const feeds: Readonly<Record<number, readonly [string, (data: readonly number[]) => Numbers]>> = {
  1: ['float32', (data) => Float32Array.from(data)],
  2: ['uint8', (data) => Uint8Array.from(data)],
  3: ['int8', (data) => Int8Array.from(data)],
  4: ['uint16', (data) => Uint16Array.from(data)],
  5: ['int16', (data) => Int16Array.from(data)],
  6: ['int32', (data) => Int32Array.from(data)],
  7: ['int64', (data) => BigInt64Array.from(data, BigInt) as unknown as Numbers],
  9: ['bool', (data) => Uint8Array.from(data)],
};

export async function resultsOfRuntime(model: TestModel, given: Given): Promise<Results> {
  if (!runtime) throw new Error('onnxruntime-node is not installed');
  const { InferenceSession, Tensor } = runtime;
  const session = await InferenceSession.create(bytesOfModel(modelOf(model)), {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  const fed = (model.inputs ?? []).map((port) => {
    const { name, type } = port as unknown as Port;
    const [kind, make] = feeds[type.tensorType.elemType];
    const dims = type.tensorType.shape.dim.map(({ dimValue }) => dimValue);
    return [name, new Tensor(kind, make(given[name]), dims)] as const;
  });
  const got = await session.run(Object.fromEntries(fed));
  const all = Object.entries(got).map(([name, { dims, data }]) => {
    const numbers = Array.from(data as ArrayLike<number | bigint>, Number);
    return [name, { shape: [...dims], data: numbers }] as const;
  });
  await session.release();
  return Object.fromEntries(all);
}

/** Equal shapes, and numbers within `error`; nothing is compared where onnxruntime-node is not installed. */
export async function expectSame(model: TestModel, given: Given, error = 0, options?: ImportOptions): Promise<void> {
  if (!runtime) return void results(model, given, options);
  const [own, other] = [results(model, given, options), await resultsOfRuntime(model, given)];
  const shapes = (all: Results) =>
    Object.fromEntries(Object.entries(all).map(([name, { shape }]) => [name, [...shape]]));
  expect(shapes(own)).toEqual(shapes(other));
  for (const [name, { data }] of Object.entries(other))
    for (const [i, value] of data.entries())
      if (!(Math.abs(own[name].data[i] - value) <= error) && !Object.is(own[name].data[i], value))
        expect.fail(`"${name}" has ${own[name].data[i]} at ${i}, and onnxruntime ${value}`);
}
