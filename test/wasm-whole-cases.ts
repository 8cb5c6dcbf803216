/** Small networks of whole numbers for the kernels of the target wasm: what quantisation makes of layers, and extremes of it. */
import { reorderLayout } from '../passes/reorder-layout.ts';
import type { Constant, Graph, Id, Node } from '../src/graph/graph.ts';
import type { Op } from '../src/ops/index.ts';
import { rulesOf } from '../src/ops/index.ts';
import { elements, tensor } from '../src/tensor/type.ts';
import { wish } from '../targets/wasm/wish.ts';
import { random } from './models.ts';

export interface WholeSpec {
  readonly x: readonly number[];
  readonly o: number;
  readonly kernel: readonly number[];
  readonly stride?: readonly number[];
  readonly dilation?: readonly number[];
  readonly pad?: readonly number[];
  readonly groups?: number;
  /** The share of weights that is not zero. */
  readonly density?: number;
  /** Weights and inputs are as large as they can be. */
  readonly extreme?: boolean;
  readonly shift?: number;
  readonly zero?: number;
  readonly most?: number;
}

/** Nodes in the order that they are made in. */
export interface Sketch {
  readonly nodes: Node[];
  /** One number between 0 and 1 after the other. */
  readonly next: () => number;
}

export const sketch = (seed: number): Sketch => ({ nodes: [], next: random(seed) });

export function integers({ nodes }: Sketch, id: Id, shape: readonly number[], of: (i: number) => number): Id {
  const data = Int32Array.from({ length: elements(shape) }, (_, i) => of(i));
  nodes.push({ kind: 'constant', id, type: tensor('i32', shape), data } satisfies Constant);
  return id;
}

export function call({ nodes }: Sketch, id: Id, op: Op, inputs: readonly Id[]): Id {
  const names = rulesOf(op).operands(op);
  const types = Object.fromEntries(
    names.map((name, i) => [name, (nodes.find((n) => n.id === inputs[i]) as Node).type] as const),
  );
  const type = rulesOf(op).infer(op, types);
  if (typeof type === 'string') throw new Error(`"${op.kind}" ${type}`);
  nodes.push({ kind: 'call', id, op, inputs, type });
  return id;
}

/** Real numbers as whole ones of eight bits. */
export function entered(s: Sketch, name: string, shape: readonly number[], scale = 1 / 128): Id {
  s.nodes.push({ kind: 'input', id: name, name, type: tensor('f32', shape) });
  const type = tensor('f32', [1]);
  s.nodes.push({ kind: 'constant', id: `${name}_scale`, type, data: Float32Array.of(scale) });
  integers(s, `${name}_zero`, [1], () => 0);
  const op = { kind: 'quantize', axis: -1, low: -128, high: 127 } as const;
  return call(s, `${name}_whole`, op, [name, `${name}_scale`, `${name}_zero`]);
}

export function rescale(s: Sketch, id: Id, x: Id, shift: () => number, low = -128, high = 127, zero = 0): Id {
  const c = (s.nodes.find((n) => n.id === x) as Node).type.shape.at(-1) as number;
  const parameters = [
    integers(s, `${id}_multiplier`, [c], () => Math.floor(2 ** 14 * (1 + s.next()))),
    integers(s, `${id}_shift`, [c], shift),
    integers(s, `${id}_zero`, [1], () => zero),
  ];
  return call(s, id, { kind: 'requantize', low, high }, [x, ...parameters]);
}

/** A convolution between `quantize` and the output, its sums brought to eight bits. */
export function wholeConvolution(spec: WholeSpec, seed = 1): Graph {
  const { x, o, kernel, density = 1, groups = 1, extreme = false, zero = 0, most = 127 } = spec;
  const s = sketch(seed);
  const { next } = s;
  const whole = entered(s, 'x', x, extreme ? 1 / 1024 : 1 / 128);
  const shape = [o, ...kernel, x[3] / groups];
  const weights = integers(s, 'weights', shape, () => {
    if (next() >= density) return 0;
    return extreme ? (next() < 0.5 ? -most - 1 : most) : Math.round(2 * most * (next() - 0.5));
  });
  const bias = integers(s, 'bias', [o], () => Math.round(2000 * (next() - 0.5)));
  const geometry = {
    kind: 'conv2d',
    stride: spec.stride ?? [1, 1],
    dilation: spec.dilation ?? [1, 1],
    pad: spec.pad ?? [0, 0, 0, 0],
    groups,
    activation: 'none',
  } as const;
  const sums = call(s, 'sums', geometry, [whole, weights, bias]);
  const { shift = 21 } = spec;
  const y = rescale(s, 'y', sums, () => shift + Math.floor(3 * next()), -128, 127, zero);
  return finished(s, y);
}

export function finished({ nodes }: Sketch, ...ids: readonly Id[]): Graph {
  const outputs = ids.map((id) => ({ name: id, id }));
  return reorderLayout(wish).run({ name: 'test', file: 'test', nodes, outputs }, () => {});
}
