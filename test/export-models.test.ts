/** Real models written as ONNX, as they were read and after all passes: onnxruntime-node computes what `evaluate` does. */
import { describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import type { ModelProto } from '../src/import/onnx/schema.ts';
import { decode } from '../src/import/onnx/schema.ts';
import { exportWith } from '../src/make/export.ts';
import { runOnnx, runtime } from './export/runtime.ts';
import { importReal } from './import/model.ts';
import type { ModelName } from './models.ts';
import { randomInputs } from './models.ts';
import { largestError } from './passes/compare.ts';

const silent = (): void => {};

function written(graph: Graph, passes: 'none' | 'all'): Uint8Array {
  const files = exportWith(graph, { out: 'net.onnx', passes }, silent)?.files ?? [];
  expect(files).toHaveLength(1);
  return files[0].contents;
}

function operators(bytes: Uint8Array): string {
  const counts = new Map<string, number>();
  for (const { opType } of decode<ModelProto>('ModelProto', bytes).graph?.node ?? [])
    counts.set(opType, (counts.get(opType) ?? 0) + 1);
  return Array.from(counts, ([opType, count]) => `${opType} ${count}`).join(', ');
}

/** What each becomes as it was read. A transpose for each input, and for each output of a layer that is read as [n, h, w, c]. */
const looks = {
  antispoof: 'Transpose 2, Conv 3, MaxPool 3, Relu 4, Reshape 1, Gemm 2, Sigmoid 1',
  'blazeface-front': 'Transpose 5, Conv 37, Relu 17, Add 16, Pad 11, MaxPool 3, Reshape 4',
  'blazepose-detector':
    'Pad 8, Transpose 7, Conv 73, Clip 32, Add 15, Relu 8, Resize 2, DepthToSpace 3, Reshape 6, Concat 3',
  'handlandmark-full': 'Transpose 1, Conv 47, Add 56, Clip 32, ReduceMean 1, Gemm 4, Sigmoid 2',
  'nsfwjs-mobilenet_v2':
    'Pad 5, Transpose 1, DequantizeLinear 55, Conv 52, BatchNormalization 52, Clip 35, Add 10, GlobalAveragePool 1, Reshape 1, Gemm 3, Relu 2, Softmax 1',
} satisfies Partial<Readonly<Record<ModelName, string>>>;

describe.each(Object.entries(looks) as [ModelName, string][])('%s', (name, look) => {
  test('looks as people expect', () => {
    const graph = importReal(name);
    expect(operators(written(graph, 'none'))).toBe(look);
    expect(operators(written(graph, 'all'))).not.toMatch(/BatchNormalization/);
  });

  test.skipIf(!runtime)('onnxruntime-node computes the same', async () => {
    const graph = importReal(name);
    const drawn = randomInputs(name);
    const inputs = Object.fromEntries(Object.entries(drawn).map(([key, { data }]) => [key, Float32Array.from(data)]));
    const want = evaluate(graph, inputs);
    for (const passes of ['none', 'all'] as const) {
      const got = await runOnnx(written(graph, passes), graph, inputs);
      expect(largestError(want, got).error, passes).toBeLessThanOrEqual(1e-5);
    }
  });
});
