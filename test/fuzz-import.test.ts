/** Damaged models never crash the importer, never hang it, and never compute something else than TensorFlow.js does. */

import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { operators } from '../src/import/tfjs/ops.ts';
import { check, small } from './import/fuzz.ts';
import type { Files, TestModel } from './import/kit.ts';
import {
  bool,
  bytes,
  errorOf,
  filesOf,
  int,
  ints,
  modelJson,
  noise,
  real,
  str,
  strs,
  type,
  whole,
} from './import/kit.ts';
import type { Json } from './import/mutate.ts';
import { mutated, mutatedBytes } from './import/mutate.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 400);

/** A little of everything: layers, shape arithmetic, several outputs, attributes of every kind. */
const model: TestModel = {
  inputs: { x: noise(1, 1, 6, 6, 2) },
  constants: {
    k: noise(2, 3, 3, 2, 4),
    b: noise(3, 4),
    d: noise(4, 3, 3, 4, 1),
    w: noise(5, 12, 5),
    n: whole([0]),
    one: whole([1]),
    axes: whole([1, 2]),
    size: whole([4, 5]),
    pads: whole([0, 0, 1, 0, 0, 1, 0, 0], [4, 2]),
    flat: whole([-1], []),
    last: whole([3], []),
    two: whole([2], []),
    low: real([-0.5], []),
  },
  nodes: [
    {
      name: 'conv',
      op: '_FusedConv2D',
      input: ['x', 'k', 'b'],
      attr: {
        strides: ints(1, 2, 2, 1),
        dilations: ints(1, 1, 1, 1),
        padding: str('SAME'),
        data_format: str('NHWC'),
        fused_ops: strs('BiasAdd', 'Relu6'),
        num_args: int(1),
        explicit_paddings: ints(),
      },
    },
    {
      name: 'deep',
      op: 'DepthwiseConv2dNative',
      input: ['conv', 'd'],
      attr: { strides: ints(1, 1, 1, 1), dilations: ints(1, 1, 1, 1), padding: str('SAME'), data_format: str('NHWC') },
    },
    { name: 'clip', op: 'Maximum', input: ['deep', 'low'], attr: { T: type('DT_FLOAT') } },
    { name: 'padded', op: 'Pad', input: ['clip', 'pads'], attr: {} },
    {
      name: 'pool',
      op: 'MaxPool',
      input: ['padded'],
      attr: { ksize: ints(1, 2, 2, 1), strides: ints(1, 2, 2, 1), padding: str('VALID'), data_format: str('NHWC') },
    },
    {
      name: 'large',
      op: 'ResizeBilinear',
      input: ['pool', 'size'],
      attr: { align_corners: bool(false), half_pixel_centers: bool(true) },
    },
    { name: 'parts', op: 'Split', input: ['last', 'large'], attr: { num_split: int(2) } },
    { name: 'mean', op: 'Mean', input: ['parts:1', 'axes'], attr: { keep_dims: bool(true) } },
    { name: 'scaled', op: 'Mul', input: ['parts', 'mean'], attr: {} },
    { name: 'shape', op: 'Shape', input: ['conv'], attr: { out_type: type('DT_INT32') } },
    {
      name: 'batch',
      op: 'StridedSlice',
      input: ['shape', 'n', 'one', 'one'],
      attr: {
        begin_mask: int(0),
        end_mask: int(0),
        ellipsis_mask: int(0),
        new_axis_mask: int(0),
        shrink_axis_mask: int(1),
      },
    },
    { name: 'to', op: 'Pack', input: ['batch', 'flat'], attr: { axis: int(0), N: int(2) } },
    { name: 'row', op: 'Reshape', input: ['conv', 'to'], attr: {} },
    { name: 'some', op: 'Slice', input: ['row', 'start', 'many'], attr: {} },
    {
      name: 'dense',
      op: '_FusedMatMul',
      input: ['some', 'w'],
      attr: { transpose_a: bool(false), transpose_b: bool(false), fused_ops: strs(), num_args: int(0) },
    },
    { name: 'soft', op: 'Softmax', input: ['dense'], attr: {} },
    { name: 'best', op: 'TopKV2', input: ['soft', 'two'], attr: { sorted: bool(true) } },
    { name: 'all', op: 'ConcatV2', input: ['soft', 'best', 'flat'], attr: { N: int(2) } },
  ],
  outputs: ['scaled', 'all', 'best:1'],
};

const full: TestModel = { ...model, constants: { ...model.constants, start: whole([0, 3]), many: whole([1, 12]) } };

describe('graph-models', () => {
  const base = JSON.parse(JSON.stringify(modelJson(full))) as Json;
  const words = [
    ...operators,
    ...full.nodes.map((n) => n.name),
    ...Object.keys(full.constants),
    'x',
    'weights.bin',
    'int32',
    'float32',
    'bool',
  ];

  test('are fine before they are damaged', () => {
    expect(check(filesOf(full))?.outputs.map((o) => o.name)).toEqual(['scaled', 'all', 'best_1']);
  });

  test('damaged anywhere are refused, or run', () => {
    fc.assert(
      fc.property(mutated(base, words), mutatedBytes(filesOf(full)['weights.bin']), (json, shard) => {
        check({ 'model.json': bytes(JSON.stringify(json)), 'weights.bin': shard });
      }),
      { numRuns: runs },
    );
  });

  test('that run give what TensorFlow.js gives, where that runs too', async () => {
    await tf.setBackend('cpu');
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(mutated(base, words), async (json) => {
        const files: Files = { ...filesOf(full), 'model.json': bytes(JSON.stringify(json)) };
        const graph = check(files);
        if (!graph || !small(graph)) return;
        const wanted = await reference(json, files['weights.bin'], graph);
        // What comes of NaN and infinity is not agreed on: which of two NaN is larger, say.
        if (!wanted || !Object.values(wanted).every((data) => Array.from(data).every(Number.isFinite))) return;
        const got = evaluate(graph, randomInputs(graph, 1));
        for (const { name } of graph.outputs)
          expect([name, errorOf(got[name], wanted[name])]).toEqual([name, expect.toSatisfy((e) => e < 1e-4)]);
        compared++;
      }),
      { numRuns: runs },
    );
    expect(compared).toBeGreaterThan(runs / 20);
  });
});

/** The outputs as TensorFlow.js computes them, by the names that the graph gives them; undefined where it cannot. */
async function reference(
  // biome-ignore lint/suspicious/noExplicitAny: damaged on purpose
  json: any,
  shard: Uint8Array<ArrayBuffer>,
  graph: Graph,
): Promise<Record<string, ArrayLike<number>> | undefined> {
  tf.engine().startScope();
  try {
    const specs = json.weightsManifest.flatMap((g: { weights: unknown }) => g.weights);
    const loaded = await loadGraphModel(
      tf.io.fromMemory({ ...json, weightSpecs: specs, weightData: shard.slice().buffer }),
    );
    const inputs = randomInputs(graph, 1);
    const feeds = Object.fromEntries(
      graph.nodes.flatMap((n) =>
        n.kind === 'input'
          ? [
              [
                n.name,
                tf.tensor(
                  inputs[n.name] as Float32Array,
                  [...n.type.shape],
                  n.type.dtype === 'f32' ? 'float32' : 'int32',
                ),
              ],
            ]
          : [],
      ),
    );
    const names = Object.values(json.signature.outputs as Record<string, { name: string }>).map((o) => o.name);
    const results = loaded.execute(feeds, names);
    const tensors = Array.isArray(results) ? results : [results];
    return Object.fromEntries(tensors.map((t, i) => [graph.outputs[i].name, t.dataSync()]));
  } catch {
    return undefined;
  } finally {
    tf.engine().endScope();
  }
}
