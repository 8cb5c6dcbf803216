/** Small quantised graphs, made by hand, for the tests of the target fpga. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Call, Constant, Graph, Node } from '../src/graph/graph.ts';
import { callOf } from '../src/graph/one-layer.ts';
import type { Op } from '../src/ops/index.ts';
import type { Shape } from '../src/tensor/type.ts';
import { elements, tensor } from '../src/tensor/type.ts';

/** A graph under construction: every method gives the node that it adds. */
export interface Maker {
  input(name: string, shape: Shape): Node;
  quantize(x: Node, scale: number): Call;
  call(op: Op, operands: Readonly<Record<string, Node>>): Call;
  /** Whole numbers. */
  wholes(shape: Shape, values: ArrayLike<number>): Constant;
  conv(x: Node, layer: ConvSpec): Call;
  linear(x: Node, rows: number, kept?: number): Call;
  requantize(x: Node, options?: { readonly bits?: number; readonly shift?: number }): Call;
  dequantize(x: Node, scale: number): Call;
  graph(outputs: Readonly<Record<string, Node>>): Graph;
}

export interface ConvSpec {
  readonly filters: number;
  readonly kernel?: readonly [number, number];
  readonly stride?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  readonly pad?: readonly [number, number, number, number];
  readonly groups?: number;
  /** The share of weights that is not 0. */
  readonly kept?: number;
}

export function makeGraph(name: string, seed = 1): Maker {
  const generator = xoroshiro128plus(seed);
  const draw = (low: number, high: number): number => uniformInt(generator, low, high);
  const nodes: Node[] = [];
  const add = <N extends Node>(node: N): N => {
    nodes.push(node);
    return node;
  };
  const fresh = (stem: string): string => `${stem}${nodes.length}`;
  const constant = (shape: Shape, data: Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>): Constant =>
    add({
      kind: 'constant',
      id: fresh('k'),
      type: tensor(data instanceof Float32Array ? 'f32' : 'i32', shape),
      data,
    });
  const wholes = (shape: Shape, values: ArrayLike<number>): Constant => constant(shape, Int32Array.from(values));
  const call = (op: Op, operands: Readonly<Record<string, Node>>): Call =>
    add({
      ...callOf(fresh(op.kind.replaceAll('-', '_')), op, operands),
      origin: `layer ${nodes.length} /${op.kind}*/`,
    });
  const weights = (shape: Shape, kept: number): Constant =>
    wholes(
      shape,
      Array.from({ length: elements(shape) }, () =>
        draw(0, 999) < 1000 * kept ? draw(1, 127) * (draw(0, 1) * 2 - 1) : 0,
      ),
    );
  const bias = (rows: number): Constant =>
    wholes(
      [rows],
      Array.from({ length: rows }, () => draw(-2000, 2000)),
    );
  const scaled = (scale: number) => ({ scale: constant([1], Float32Array.of(scale)), zero: wholes([1], [0]) });
  return {
    wholes,
    call,
    input: (name, shape) => add({ kind: 'input', id: fresh('x'), name, type: tensor('f32', shape), origin: name }),
    quantize: (x, scale) => call({ kind: 'quantize', axis: -1, low: -128, high: 127 }, { x, ...scaled(scale) }),
    dequantize: (x, scale) => call({ kind: 'dequantize', axis: -1 }, { x, ...scaled(scale) }),
    conv(
      x,
      { filters, kernel = [3, 3], stride = [1, 1], dilation = [1, 1], pad = [0, 0, 0, 0], groups = 1, kept = 0.3 },
    ) {
      const shape = [filters, ...kernel, x.type.shape[3] / groups];
      return call(
        { kind: 'conv2d', stride, dilation, pad, groups, activation: 'none' },
        { x, weights: weights(shape, kept), bias: bias(filters) },
      );
    },
    linear: (x, rows, kept = 0.3) =>
      call(
        { kind: 'linear', activation: 'none' },
        { x, weights: weights([rows, x.type.shape[x.type.shape.length - 1]], kept), bias: bias(rows) },
      ),
    requantize(x, { bits = 8, shift = 20 } = {}) {
      const c = x.type.shape[x.type.shape.length - 1];
      const each = (low: number, high: number): Constant =>
        wholes(
          [c],
          Array.from({ length: c }, () => draw(low, high)),
        );
      return call(
        { kind: 'requantize', low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 },
        { x, multiplier: each(2 ** 13, 2 ** 15 - 1), shift: each(shift, shift + 2), zero: wholes([1], [draw(-3, 3)]) },
      );
    },
    graph: (outputs) => ({
      name,
      file: `${name}.onnx`,
      nodes,
      outputs: Object.entries(outputs).map(([key, node]) => ({ name: key, id: node.id })),
    }),
  };
}
