/** Layers to explain: one convolution or dense layer with a mask of which the tests know everything. */
import type { Constant, Graph, Node } from '../src/graph/graph.ts';
import type { Op } from '../src/ops/index.ts';
import { rulesOf } from '../src/ops/index.ts';
import type { Blocks } from '../src/tensor/masked.ts';
import { maskedMatrix } from '../src/tensor/masked.ts';
import { elements, tensor } from '../src/tensor/type.ts';

export interface LayerCase extends Blocks {
  /** [o, kh, kw, i] of a convolution that keeps the size, or [out, in]. */
  readonly weights: readonly number[];
  /** Rows and columns of the image. */
  readonly size?: number;
  readonly density: number;
  readonly name?: string;
}

const known = new Map<string, Graph>();

/** The same graph whenever it is asked for, so that what is on offer for its weights is found once. */
export function layerGraph(of: LayerCase): Graph {
  const key = JSON.stringify(of);
  const graph = known.get(key) ?? makeGraph(of);
  known.set(key, graph);
  return graph;
}

function makeGraph({ weights, size = 14, density, r, c, name = 'layer' }: LayerCase): Graph {
  const [rows] = weights;
  const conv = weights.length === 4;
  const run = weights[weights.length - 1];
  const { data } = maskedMatrix({ rows, columns: elements(weights.slice(1)), run }, { r, c }, density);
  const half = conv ? (weights[1] - 1) / 2 : 0;
  const op: Op = conv
    ? { kind: 'conv2d', stride: [1, 1], dilation: [1, 1], pad: [half, half, half, half], groups: 1, activation: 'none' }
    : { kind: 'linear', activation: 'none' };
  const x: Node = { kind: 'input', id: 'x', name: 'x', type: tensor('f32', conv ? [1, size, size, run] : [1, run]) };
  const constant = (id: string, shape: readonly number[], values: Float32Array<ArrayBuffer>): Constant => ({
    kind: 'constant',
    id,
    type: tensor('f32', shape),
    data: values,
  });
  const w = constant('w', weights, data);
  const bias = new Float32Array(rows).fill(0.5);
  const b = constant('b', [rows], bias);
  const type = rulesOf(op).infer(op, { x: x.type, weights: w.type, bias: b.type });
  if (typeof type === 'string') throw new Error(type);
  const y: Node = { kind: 'call', id: 'y', op, type, inputs: ['x', 'w', 'b'], origin: name };
  return { name: 'net', file: 'net.graph', nodes: [x, w, b, y], outputs: [{ name: 'y', id: 'y' }] };
}
