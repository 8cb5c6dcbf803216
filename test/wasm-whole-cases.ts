/** Small networks of whole numbers for the kernels of the target wasm: what quantisation makes of layers, and extremes of it. */
import { reorderLayout } from '../passes/reorder-layout.ts';
import type { Constant, Graph, Id, Node } from '../src/graph/graph.ts';
import type { Op } from '../src/ops/index.ts';
import { rulesOf } from '../src/ops/index.ts';
import { elements, tensor } from '../src/tensor/type.ts';
import { wish } from '../targets/wasm/wish.ts';
import { random } from './models.ts';
import type { WasmCase } from './wasm-cases-layers.ts';

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
  return reorderLayout({ wish }).run({ name: 'test', file: 'test', nodes, outputs }, () => {});
}

/** A value of eight bits, from one or more others. */
function wholeGraph(make: (s: Sketch) => Id, seed = 1): Graph {
  const s = sketch(seed);
  return finished(s, make(s));
}

const conv = (title: string, spec: WholeSpec): WasmCase => ({ title, graph: wholeConvolution(spec) });

const wholeConv: readonly WasmCase[] = [
  conv('dense', { x: [1, 5, 7, 6], o: 5, kernel: [1, 1] }),
  conv('two pictures, sparse', { x: [2, 7, 8, 7], o: 8, kernel: [1, 1], density: 0.3, zero: -7 }),
  conv('empty rows', { x: [1, 3, 28, 16], o: 9, kernel: [1, 1], density: 0.03 }),
  conv('all zeros', { x: [1, 5, 6, 3], o: 4, kernel: [1, 1], density: 0 }),
  conv('weights that go to the left', { x: [1, 9, 9, 6], o: 6, kernel: [1, 1], shift: 13 }),
  conv('sums that go to the left', { x: [1, 9, 9, 6], o: 6, kernel: [1, 1], shift: 7 }),
  conv('sums of each channel that go to the left', { x: [1, 5, 9, 3], o: 3, groups: 3, kernel: [3, 3], shift: 5 }),
  conv('extremes', { x: [1, 6, 9, 64], o: 6, kernel: [1, 1], extreme: true, shift: 23 }),
  conv('weights of 16 bits', { x: [1, 6, 9, 5], o: 6, kernel: [1, 1], extreme: true, most: 2 ** 15 - 2, shift: 30 }),
  conv('3x3', { x: [1, 14, 14, 5], o: 7, kernel: [3, 3], pad: [1, 1, 1, 1] }),
  conv('3x3 sparse', { x: [1, 7, 7, 8], o: 8, kernel: [3, 3], pad: [1, 1, 1, 1], density: 0.2 }),
  conv('3x2 strided', { x: [2, 15, 13, 5], o: 6, kernel: [3, 2], pad: [0, 1, 1, 0], stride: [2, 3] }),
  conv('3x3 dilated', { x: [1, 28, 28, 3], o: 4, kernel: [3, 3], dilation: [2, 1], extreme: true }),
  conv('depthwise', { x: [1, 7, 7, 9], o: 9, groups: 9, kernel: [3, 3], pad: [1, 1, 1, 1], shift: 17 }),
  conv('depthwise strided', {
    ...{ x: [1, 28, 28, 19], o: 19, groups: 19, kernel: [5, 5], pad: [2, 2, 2, 2], stride: [2, 2] },
    ...{ density: 0.6, extreme: true, shift: 19 },
  }),
  conv('depthwise of a ragged size', { x: [1, 9, 11, 4], o: 4, groups: 4, kernel: [3, 3], shift: 14 }),
];

const added = (x: readonly number[], low: readonly number[]): Graph =>
  wholeGraph((s) => {
    const terms = ['x', 'z'].map((name, i) => {
      const shift = i === 0 ? 6 : 9;
      const scale = integers(s, `${name}_multiplier`, [1], () => 16384 + 1000 * i);
      const by = integers(s, `${name}_shift`, [1], () => shift);
      const whole = entered(s, name, x);
      const op = { kind: 'requantize', low: low[i], high: 2 ** 15 - 1 } as const;
      return call(s, `${name}_term`, op, [whole, scale, by, `${name}_zero`]);
    });
    const sum = call(s, 'sum', { kind: 'binary', fn: 'add' }, terms);
    const factor = integers(s, 'factor', [1], () => 20001);
    const by = integers(s, 'by', [1], () => 22);
    const zero = integers(s, 'zero', [1], () => 3);
    return call(s, 'y', { kind: 'requantize', low: -100, high: 127 }, [sum, factor, by, zero]);
  });

const wholeSum: readonly WasmCase[] = [
  { title: 'a sum of two scales', graph: added([1, 9, 7, 5], [-(2 ** 15), -(2 ** 15)]) },
  ...[1, 31, 46].map((shift) => ({
    title: `another scale by a shift of ${shift}`,
    graph: wholeGraph((s) => {
      const whole = entered(s, 'x', [1, 7, 5, 3]);
      const factor = integers(s, 'factor', [1], () => (shift === 1 ? 3 : 2 ** 15 - 1));
      const by = integers(s, 'by', [1], () => shift);
      return call(s, 'y', { kind: 'requantize', low: -128, high: 127 }, [whole, factor, by, 'x_zero']);
    }),
  })),
];

const moved = (title: string, op: Op, x: readonly number[], others: readonly (readonly number[])[] = []): WasmCase => ({
  title,
  graph: wholeGraph((s) => {
    const ids = [x, ...others].map((shape, i) => entered(s, `x${i}`, shape));
    return call(s, 'y', op, ids);
  }),
});

const wholeMoves: readonly WasmCase[] = [
  moved('concat', { kind: 'concat', axis: 3, count: 2 }, [1, 5, 7, 4], [[1, 5, 7, 3]]),
  moved(
    'slice of channels',
    { kind: 'slice', begin: [0, 0, 0, 2], size: [1, 5, 6, 3], step: [1, 1, 1, 1] },
    [1, 5, 6, 8],
  ),
  moved(
    'slice of pixels',
    { kind: 'slice', begin: [0, 1, 0, 0], size: [1, 3, 3, 5], step: [1, 1, 2, 1] },
    [1, 5, 6, 5],
  ),
  moved('pad', { kind: 'pad', before: [0, 1, 2, 0], after: [0, 3, 0, 0], mode: 'constant', value: 4 }, [1, 4, 5, 3]),
  moved('tile', { kind: 'tile', repeats: [1, 2, 3, 1] }, [1, 4, 5, 3]),
  moved(
    'nearest',
    { kind: 'resize', method: 'nearest', size: [6, 9], coordinates: 'half-pixel', rounding: 'floor' },
    [1, 3, 5, 3],
  ),
  moved('depth to space', { kind: 'depth-to-space', block: 2 }, [1, 5, 3, 8]),
];

const pooled = (x: readonly number[], window: readonly number[], rest: object = {}): WasmCase =>
  moved(
    `largest of ${window.join('x')} of ${x.join('x')}`,
    { kind: 'pool2d', fn: 'max', window, stride: window, pad: [0, 0, 0, 0], countPad: true, ...rest },
    x,
  );

const dense = (title: string, x: readonly number[], rows: number, most: number): WasmCase => ({
  title,
  graph: wholeGraph((s) => {
    const whole = entered(s, 'x', x, 1 / 1024);
    const weights = integers(s, 'w', [rows, x.at(-1) as number], () => (s.next() < 0.5 ? -most - 1 : most));
    const bias = integers(s, 'bias', [rows], (i) => 100 * i);
    return call(s, 'y', { kind: 'linear', activation: 'none' }, [whole, weights, bias]);
  }),
});

export const wholeCases = {
  'whole-conv': wholeConv,
  'whole-sum': wholeSum,
  'whole-layout': [
    moved('there and back', { kind: 'tile', repeats: [1, 1, 1, 1] }, [2, 5, 7, 3]),
    moved('four channels', { kind: 'tile', repeats: [1, 1, 1, 1] }, [1, 4, 14, 4]),
  ],
  'whole-linear': [
    dense('weights of 8 bits', [3, 21], 6, 127),
    dense('weights of 16 bits', [1, 16], 4, 2 ** 15 - 1),
    dense('one number', [1, 1], 1, 1),
  ],
  'whole-pool': [
    pooled([1, 14, 14, 5], [2, 2]),
    pooled([2, 9, 7, 4], [3, 2], { stride: [1, 2], pad: [1, 0, 1, 1] }),
    pooled([1, 28, 28, 3], [3, 3], { stride: [2, 2], pad: [0, 0, 1, 1] }),
  ],
  'whole-reduce': [
    moved('sums of all pixels', { kind: 'reduce', fn: 'sum', axes: [1, 2], keep: true }, [1, 7, 9, 5]),
    moved('sums of two pictures', { kind: 'reduce', fn: 'sum', axes: [2, 1], keep: false }, [2, 4, 14, 4]),
  ],
  'whole-moves': wholeMoves,
} satisfies Record<string, readonly WasmCase[]>;
