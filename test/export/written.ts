/** Graphs written as ONNX in tests, and what is in the files. */
import { expect } from 'vitest';
import type { Diagnostic } from '../../src/diagnostic.ts';
import type { ExportOptions } from '../../src/export/exporter.ts';
import { exportGraph } from '../../src/export/index.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { parse } from '../../src/graph/parse.ts';
import { importModel } from '../../src/import/index.ts';
import type { ModelProto } from '../../src/import/onnx/schema.ts';
import { decode } from '../../src/import/onnx/schema.ts';

export interface Wrote {
  readonly bytes: Uint8Array;
  readonly model: ModelProto;
  readonly graph: NonNullable<ModelProto['graph']>;
  readonly said: readonly Diagnostic[];
}

export function write(from: Graph | string, options: Partial<ExportOptions> = {}): Wrote {
  const said: Diagnostic[] = [];
  const graph = typeof from === 'string' ? parse(from) : from;
  const files = exportGraph(graph, {
    file: 'dir/net.onnx',
    report: (d) => void said.push(d),
    options: { version: '1.2.3', ...options },
  });
  if (!files) throw new Error(said.map((d) => d.message).join('\n'));
  expect(files.map((f) => f.path)).toEqual(['net.onnx']);
  const [{ contents: bytes }] = files;
  const model = decode<ModelProto>('ModelProto', bytes);
  if (!model.graph) throw new Error('no graph');
  return { bytes, model, graph: model.graph, said };
}

export function readBack({ bytes }: Wrote): Graph {
  const said: string[] = [];
  const read = (): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
  const graph = importModel('net.onnx', { read, report: (d) => void said.push(d.message), options: {} });
  expect(said).toEqual([]);
  if (!graph) throw new Error('nothing was read');
  return graph;
}

/** Each node as `output = Operator(inputs)`. */
export const lines = ({ graph }: Wrote): readonly string[] =>
  graph.node.map(({ opType, input, output }) => `${output.join(', ')} = ${opType}(${input.join(', ')})`);

export const operators = ({ graph }: Wrote): string => graph.node.map((n) => n.opType).join(' ');

export const shapesOf = ({ graph }: Wrote): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(graph.initializer.map(({ name, dims }) => [name, dims.map(Number)]));

/** Two layers with a sum, as they come from a model of pictures that are [n, h, w, c]. */
export const pictures = `graph net of "net.json"
  %x = input "picture" : f32[1x8x8x2]
  %w = constant [1 2 3 4 5 6 7 8] : f32[4x1x1x2] from "first/kernel"
  %b = constant [1 0 0 0] : f32[4]
  %v = conv2d(%x, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=relu6 : f32[1x8x8x4] from "first"
  %m = pool2d(%v) fn=max window=[2 2] stride=[2 2] pad=[0 0 0 0] countPad=false : f32[1x4x4x4] from "pool"
  %k = constant [1 2 3 4] : f32[4]
  %s = binary(%m, %k) fn=add : f32[1x4x4x4] from "sum"
  %g = reduce(%s) fn=mean axes=[1 2] keep=true : f32[1x1x1x4] from "mean"
  %r = reshape(%g) shape=[1 4] : f32[1x4] from "flat"
  %w2 = constant [1 1 1 1 2 2 2 2] : f32[2x4]
  %b2 = constant [0 0] : f32[2]
  %y = linear(%r, %w2, %b2) activation=none : f32[1x2] from "scores"
return "scores"=%y`;
