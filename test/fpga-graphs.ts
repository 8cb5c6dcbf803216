/**
 * Quantised graphs for tests of the FPGA target, written by hand: whole numbers all the way, as the contract of
 * quantised graphs says.
 */
import type { Constant, Graph, Input, Node } from '../src/graph/graph.ts';
import type { Op } from '../src/ops/index.ts';
import { rulesOf } from '../src/ops/index.ts';
import type { Shape } from '../src/tensor/type.ts';
import { elements, tensor } from '../src/tensor/type.ts';
import { random } from './models.ts';

/** Nodes one after the other; operators that do not fit throw. */
export class GraphMaker {
  readonly nodes: Node[] = [];
  private readonly next: () => number;
  private count = 0;

  constructor(seed: number) {
    this.next = random(seed);
  }

  /** A real input, quantised to int8 by 1/64. */
  input(name: string, shape: Shape): Node {
    const x: Input = { kind: 'input', id: this.id(), name, type: tensor('f32', shape) };
    this.nodes.push(x);
    const scale = this.constant('f32', [1], [1 / 64]);
    return this.call({ kind: 'quantize', axis: -1, low: -128, high: 127 }, [x, scale, this.whole([0])]);
  }

  call(op: Op, inputs: readonly Node[], origin?: string): Node {
    const names = rulesOf(op).operands(op);
    const types = Object.fromEntries(names.map((n, i) => [n, inputs[i].type]));
    const type = rulesOf(op).infer(op, types);
    if (typeof type === 'string') throw new Error(`${op.kind} ${type}`);
    const node: Node = { kind: 'call', id: this.id(), op, inputs: inputs.map((n) => n.id), type, origin };
    this.nodes.push(node);
    return node;
  }

  constant(dtype: 'f32' | 'i32', shape: Shape, data: readonly number[]): Constant {
    const values = dtype === 'f32' ? Float32Array.from(data) : Int32Array.from(data);
    const node: Constant = { kind: 'constant', id: this.id(), type: tensor(dtype, shape), data: values };
    this.nodes.push(node);
    return node;
  }

  whole(data: readonly number[]): Constant {
    return this.constant('i32', [data.length], data);
  }

  /** Weights of −127..127 where chance keeps them, and a bias. */
  weights(shape: Shape, density: number): readonly [Constant, Constant] {
    const draw = (): number => (this.next() < density ? Math.floor(this.next() * 254) - 127 || 1 : 0);
    const data = Array.from({ length: elements(shape) }, draw);
    return [
      this.constant('i32', shape, data),
      this.whole(Array.from({ length: shape[0] }, () => Math.floor(this.next() * 999) - 500)),
    ];
  }

  /** A convolution and what brings its sums back to int8. */
  conv(x: Node, rows: number, taps: number, density: number, stride = 1, relu = true): Node {
    const channels = x.type.shape[3];
    const pad = (taps - 1) >> 1;
    const [weights, bias] = this.weights([rows, taps, taps, channels], density);
    const op = {
      kind: 'conv2d',
      stride: [stride, stride],
      dilation: [1, 1],
      pad: [pad, pad, pad, pad],
      groups: 1,
      activation: 'none',
    } as const;
    const sums = this.call(op, [x, weights, bias], `conv ${this.count}`);
    return this.requantize(sums, relu ? 0 : -128, 127, 6 + Math.log2(taps * taps * channels * density + 1) / 2);
  }

  linear(x: Node, rows: number, density: number): Node {
    const [weights, bias] = this.weights([rows, x.type.shape[x.type.shape.length - 1]], density);
    return this.call({ kind: 'linear', activation: 'none' }, [x, weights, bias], `dense ${this.count}`);
  }

  /** Divides by about 2^bits, by another number for each channel. */
  requantize(x: Node, low: number, high: number, bits: number): Node {
    const channels = x.type.shape[x.type.shape.length - 1];
    const multiplier = Array.from({ length: channels }, () => 16384 + Math.floor(this.next() * 16383));
    const shift = Array.from({ length: channels }, () => Math.min(46, Math.round(14 + bits)));
    return this.call({ kind: 'requantize', low, high }, [
      x,
      this.whole(multiplier),
      this.whole(shift),
      this.whole([0]),
    ]);
  }

  /** The graph with these outputs, as real numbers by 1/16. */
  graph(outputs: Readonly<Record<string, Node>>): Graph {
    const ends = Object.entries(outputs).map(([name, x]) => {
      const scale = this.constant('f32', [1], [1 / 16]);
      const real = this.call({ kind: 'dequantize', axis: -1 }, [x, scale, this.whole([0])]);
      return { name, id: real.id };
    });
    return { name: 'made', file: 'made.json', nodes: this.nodes, outputs: ends };
  }

  private id(): string {
    return `n${this.count++}`;
  }
}

/** ResNet-50 as its paper has it, weights at random. */
export function resnet50(density: number, size = 224): Graph {
  const g = new GraphMaker(50);
  let x = g.conv(g.input('image', [1, size, size, 3]), 64, 7, 1, 2);
  x = g.call({ kind: 'pool2d', fn: 'max', window: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1], countPad: false }, [x]);
  for (const [stage, [width, blocks]] of (
    [
      [64, 3],
      [128, 4],
      [256, 6],
      [512, 3],
    ] as const
  ).entries())
    for (let i = 0; i < blocks; i++) x = bottleneck(g, x, width, density, stage > 0 && i === 0 ? 2 : 1, i === 0);
  const sums = g.call({ kind: 'reduce', fn: 'sum', axes: [1, 2], keep: false }, [x]);
  return g.graph({ classes: g.linear(g.requantize(sums, -128, 127, 6), 1000, density) });
}

function bottleneck(g: GraphMaker, x: Node, width: number, density: number, stride: number, wider: boolean): Node {
  const inner = g.conv(g.conv(x, width, 1, density), width, 3, density, stride);
  const out = g.conv(inner, 4 * width, 1, density, 1, false);
  const same = wider ? g.conv(x, 4 * width, 1, density, stride, false) : x;
  return g.requantize(g.call({ kind: 'binary', fn: 'add' }, [out, same]), 0, 127, 1);
}
