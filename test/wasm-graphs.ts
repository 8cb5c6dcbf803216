/** Graphs of one layer, with random weights, for the tests of kernels. */

import { reorderLayout } from '../passes/reorder-layout.ts';
import type { Call, Constant, Graph, Node } from '../src/graph/graph.ts';
import type { Op } from '../src/ops/index.ts';
import { rulesOf } from '../src/ops/index.ts';
import type { Activation } from '../src/ops/scalar.ts';
import type { Encoding, TensorType } from '../src/tensor/type.ts';
import { dense, elements, tensor } from '../src/tensor/type.ts';
import { panels } from '../targets/wasm/panels.ts';
import { wish } from '../targets/wasm/wish.ts';
import { random } from './models.ts';

export interface ConvSpec {
  readonly x: readonly number[];
  readonly o: number;
  readonly kernel: readonly number[];
  readonly stride?: readonly number[];
  readonly dilation?: readonly number[];
  readonly pad?: readonly number[];
  readonly groups?: number;
  readonly activation?: Activation;
  readonly residual?: true;
  /** The share of weights that is not zero. */
  readonly density?: number;
  readonly encoding?: Encoding;
  readonly seed?: number;
  /** Weights that f16 holds. */
  readonly half?: boolean;
}

/** Random numbers in [-1, 1), of which a share is kept and the others are 0. */
export function sparse(count: number, density: number, seed: number, half = true): Float32Array<ArrayBuffer> {
  const next = random(seed);
  return Float32Array.from({ length: count }, () => {
    const [kept, value] = [next() < density, 2 * next() - 1];
    return kept ? (half ? Math.round(value * 512) / 512 || 1 : value) : 0;
  });
}

export function convGraph(spec: ConvSpec): Graph {
  const { x, o, kernel, activation = 'none', groups = 1, density = 1, seed = 1, half = true } = spec;
  const shape = [o, ...kernel, x[3] / groups];
  const geometry = {
    kind: 'conv2d',
    stride: spec.stride ?? [1, 1],
    dilation: spec.dilation ?? [1, 1],
    pad: spec.pad ?? [0, 0, 0, 0],
    groups,
    activation,
  } as const;
  const op: Op = spec.residual ? { ...geometry, residual: true } : geometry;
  const encoding = spec.encoding ?? (density < 1 ? { format: 'csr', params: { index: 16 } } : dense);
  const types = { x: tensor('f32', x), weights: tensor('f32', shape), bias: tensor('f32', [o]) };
  const result = rulesOf(geometry).infer({ ...geometry, activation: 'none' }, types);
  if (typeof result === 'string') throw new Error(result);
  return layered(op, {
    x: types.x,
    weights: constant('weights', { ...types.weights, encoding }, sparse(elements(shape), density, seed, half)),
    bias: constant('bias', types.bias, sparse(o, 1, seed + 1, half)),
    ...(activation === 'prelu' && { slope: constant('slope', tensor('f32', [o]), sparse(o, 1, seed + 2)) }),
    ...(spec.residual && { residual: result }),
  });
}

export const constant = (id: string, type: TensorType, data: Constant['data']): Constant => ({
  kind: 'constant',
  id,
  type,
  data,
});

/** As `layered`, with the first operand an input "x" that is in panels already, as a layer before would leave it. */
export function chain(x: readonly number[], op: Op, others: Readonly<Record<string, TensorType | Constant>>): Graph {
  const names = rulesOf(op).operands(op);
  const graph: Graph = layered(op, { [names[0]]: tensor('f32', x), ...others }, false);
  const first: Node = {
    kind: 'call',
    id: 'first',
    op: { kind: 'relayout' },
    inputs: [names[0]],
    type: tensor('f32', x, panels),
  };
  const at = graph.nodes.findIndex((n) => n.kind === 'call');
  const nodes = graph.nodes.map((n) =>
    n.kind === 'call' ? { ...n, inputs: n.inputs.map((id) => (id === names[0] ? 'first' : id)) } : n,
  );
  return reorderLayout({ wish }).run({ ...graph, nodes: [...nodes.slice(0, at), first, ...nodes.slice(at)] }, () => {});
}

/** One call on inputs of the given types and on constants, laid out as the target wishes. Its output is "out". */
export function layered(op: Op, operands: Readonly<Record<string, TensorType | Constant>>, arrange = true): Graph {
  const nodes: Node[] = Object.entries(operands).map(([name, value]) =>
    'kind' in value ? value : { kind: 'input', id: name, name, type: value },
  );
  const names = rulesOf(op).operands(op);
  const types = Object.fromEntries(nodes.map((n) => [n.id, n.type]));
  const type = rulesOf(op).infer(op, types);
  if (typeof type === 'string') throw new Error(`"${op.kind}" ${type}`);
  const call: Call = { kind: 'call', id: 'y', op, inputs: names, type };
  const graph: Graph = { name: 'test', file: 'test', nodes: [...nodes, call], outputs: [{ name: 'out', id: 'y' }] };
  return arrange ? reorderLayout({ wish }).run(graph, () => {}) : graph;
}
