/** Random graphs of the kind that passes work on: pictures through layers, arithmetic, pools and moves. */
import fc from 'fast-check';
import type { Graph, Id } from '../../src/graph/graph.ts';
import { print } from '../../src/graph/print.ts';
import { dropUnused } from '../../src/graph/rewrite.ts';
import type { Op } from '../../src/ops/index.ts';
import type { UnaryName } from '../../src/ops/scalar.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements } from '../../src/tensor/type.ts';
import { builder } from './builder.ts';

/** A stream of small choices: fast-check shrinks towards zeros, which choose the simplest of everything. */
export interface Choices {
  /** A whole number from 0 to `below` − 1. */
  pick(below: number): number;
  /** From −1 to 1, and 0 now and then. */
  weight(): number;
}

export const randomGraph = fc.array(fc.nat(9999), { minLength: 40, maxLength: 400 }).map((numbers): Graph => {
  let at = 0;
  const next = (): number => numbers[at++ % numbers.length] + 37 * Math.floor(at / numbers.length);
  const choices: Choices = {
    pick: (below) => next() % below,
    weight: () => {
      const n = next() % 2003;
      return n % 5 === 0 ? 0 : n / 1001 - 1;
    },
  };
  return build(choices, 3 + choices.pick(14));
});

function build(choices: Choices, steps: number): Graph {
  const made = builder();
  const pictures: Id[] = [];
  const { pick, weight } = choices;
  const maker: Maker = {
    ...choices,
    shape: made.shape,
    constant: (shape, value = weight) => made.constant(shape, () => value()),
    call: made.attempt,
    picture: () => pictures[pictures.length - 1 - pick(Math.min(3, pictures.length))],
  };

  for (let n = 0; n <= pick(2); n++)
    pictures.push(made.input(`x${n}`, [pick(4) === 3 ? 2 : 1, 3 + pick(3), 2 + pick(4), 1 + pick(3)]));
  for (let n = 0; n < steps; n++) {
    const next = makers[pick(makers.length)](maker, maker.picture());
    if (next !== undefined && elements(maker.shape(next)) <= 2000) pictures.push(next);
  }
  const ends = [pictures[pictures.length - 1], ...(pick(3) === 0 ? [maker.picture()] : [])];
  const graph = dropUnused(made.graph(ends));
  return { ...graph, ...readable(graph) };
}

/** Counterexamples are reported as text. */
const readable = (graph: Graph): object => ({ [fc.toStringMethod]: () => print(graph).text });

interface Maker extends Choices {
  shape(id: Id): Shape;
  constant(shape: Shape, value?: () => number): Id;
  call(op: Op, inputs: readonly Id[]): Id | undefined;
  /** One of the latest. */
  picture(): Id;
}

type Make = (m: Maker, x: Id) => Id | undefined;

const functions: readonly UnaryName[] = ['relu', 'relu6', 'sigmoid', 'tanh', 'neg', 'abs', 'hard-swish', 'square'];

const activationOf = ({ pick }: Maker): 'none' | UnaryName => (pick(2) === 0 ? 'none' : functions[pick(4)]);

const layer: Make = (m, x) => {
  const [, , , i] = m.shape(x);
  const o = 1 + m.pick(4);
  const [kh, kw] = [1 + m.pick(3), 1 + m.pick(3)];
  const dead = Array.from({ length: o }, () => m.pick(3) === 0);
  const unread = Array.from({ length: i }, () => m.pick(4) === 0);
  let at = 0;
  const value = (): number => {
    const [row, column] = [Math.floor(at / (kh * kw * i)), at++ % i];
    return dead[row] || unread[column] ? 0 : m.weight() / Math.sqrt(kh * kw * i);
  };
  const weights = m.constant([o, kh, kw, i], value);
  const padded = m.pick(2) === 0;
  const pad = padded ? [m.pick(kh), m.pick(kw), m.pick(kh), m.pick(kw)] : [0, 0, 0, 0];
  const stride = [1 + m.pick(2), 1 + m.pick(2)];
  const activation = activationOf(m);
  return m.call({ kind: 'conv2d', stride, dilation: [1, 1], pad, groups: 1, activation }, [
    x,
    weights,
    m.constant([o]),
  ]);
};

const depthwise: Make = (m, x) => {
  const [, , , c] = m.shape(x);
  const multiplier = 1 + m.pick(2);
  const k = 1 + m.pick(3);
  const dead = Array.from({ length: c * multiplier }, () => m.pick(3) === 0);
  let at = 0;
  const weights = m.constant([c * multiplier, k, k, 1], () => (dead[Math.floor(at++ / (k * k))] ? 0 : m.weight() / k));
  const pad = [m.pick(k), m.pick(k), m.pick(k), m.pick(k)];
  const activation = activationOf(m);
  const inputs = [x, weights, m.constant([c * multiplier])];
  return m.call({ kind: 'conv2d', stride: [1, 1], dilation: [1, 1], pad, groups: c, activation }, inputs);
};

/** A layer that adds a picture of its size: the one that it reads, or another. */
const summed: Make = (m, x) => {
  const y = m.picture();
  const [n, h, w, c] = m.shape(y);
  const from = m.shape(x).slice(0, 3).join() === [n, h, w].join() ? x : y;
  const i = m.shape(from)[3];
  const k = 1 + 2 * m.pick(2);
  const groups = i === c && m.pick(3) === 0 ? i : 1;
  const row = (k * k * i) / groups;
  const dead = Array.from({ length: c }, () => m.pick(3) === 0);
  let at = 0;
  const weights = m.constant([c, k, k, i / groups], () => (dead[Math.floor(at++ / row)] ? 0 : m.weight() / k));
  const pad = Array<number>(4).fill((k - 1) / 2);
  const activation = activationOf(m);
  const inputs = [from, weights, m.constant([c]), y];
  return m.call({ kind: 'conv2d', stride: [1, 1], dilation: [1, 1], pad, groups, activation, residual: true }, inputs);
};

const perChannel: Make = (m, x) => {
  const [, , , c] = m.shape(x);
  const constant = m.constant([[c], [1, 1, c], [1, 1, 1, c], []][m.pick(4)]);
  const fn = (['add', 'mul', 'sub', 'prelu'] as const)[m.pick(4)];
  return m.call({ kind: 'binary', fn }, m.pick(3) === 0 && fn !== 'prelu' ? [constant, x] : [x, constant]);
};

const normalise: Make = (m, x) => {
  const [, , , c] = m.shape(x);
  const variance = m.constant([c], () => 0.5 + Math.abs(m.weight()));
  return m.call({ kind: 'batch-norm', epsilon: 0.001 }, [
    x,
    m.constant([c]),
    m.constant([c]),
    m.constant([c]),
    variance,
  ]);
};

const apply: Make = (m, x) => m.call({ kind: 'unary', fn: functions[m.pick(functions.length)] }, [x]);

const merge: Make = (m, x) => {
  const y = m.picture();
  const [a, b] = [m.shape(x), m.shape(y)];
  if (a.join() === b.join()) return m.call({ kind: 'binary', fn: m.pick(4) === 0 ? 'mul' : 'add' }, [x, y]);
  if (a[1] === b[1] && a[2] === b[2]) return m.call({ kind: 'concat', axis: 3, count: 2 }, [x, y]);
  return undefined;
};

const hardSwish: Make = (m, x) => {
  const sixth = m.constant([], () => (m.pick(2) === 0 ? 0.16662598 : 1 / 6));
  const moved = m.call({ kind: 'binary', fn: 'add' }, [x, m.constant([], () => 3)]) ?? x;
  const low = m.call({ kind: 'binary', fn: 'max' }, [moved, m.constant([], () => 0)]) ?? x;
  const gate = m.call({ kind: 'binary', fn: 'min' }, [low, m.constant([], () => 6)]) ?? x;
  const product = m.call({ kind: 'binary', fn: 'mul' }, m.pick(2) === 0 ? [x, gate] : [gate, x]) ?? x;
  return m.call({ kind: 'binary', fn: 'mul' }, [sixth, product]);
};

const pool: Make = (m, x) => {
  const window = [1 + m.pick(3), 1 + m.pick(3)];
  const pad = window.flatMap((w) => m.pick(2) * Math.floor(w / 2));
  const fn = m.pick(2) === 0 ? 'max' : 'avg';
  const stride = [1 + m.pick(2), 1 + m.pick(2)];
  return m.call({ kind: 'pool2d', fn, window, stride, pad: [...pad, ...pad], countPad: m.pick(2) === 0 }, [x]);
};

const padding: Make = (m, x) => {
  const spatial = m.pick(2) === 0;
  const amounts = (): readonly number[] => (spatial ? [0, m.pick(2), m.pick(3), 0] : [0, 0, 0, m.pick(3)]);
  const value = m.pick(4) === 0 ? 0.5 : 0;
  return m.call({ kind: 'pad', before: amounts(), after: amounts(), mode: 'constant', value }, [x]);
};

const cut: Make = (m, x) => {
  const shape = m.shape(x);
  const begin = shape.map((d, axis) => (axis === 0 ? 0 : m.pick(Math.min(2, d))));
  const size = shape.map((d, axis) => Math.max(1, d - begin[axis] - (axis === 0 ? 0 : m.pick(2))));
  return m.call({ kind: 'slice', begin, size, step: [1, 1, 1, 1] }, [x]);
};

const enlarge: Make = (m, x) => {
  const [, h, w] = m.shape(x);
  const method = m.pick(2) === 0 ? 'bilinear' : 'nearest';
  const coordinates = (['half-pixel', 'asymmetric', 'align-corners'] as const)[m.pick(3)];
  return m.call({ kind: 'resize', method, size: [2 * h, w + 1], coordinates, rounding: 'floor' }, [x]);
};

/** Rearranged, and perhaps back again. */
const move: Make = (m, x) => {
  const [n, h, w, c] = m.shape(x);
  if (c % 4 === 0 && m.pick(2) === 0) return m.call({ kind: 'depth-to-space', block: 2 }, [x]);
  if (m.pick(2) === 0) return m.call({ kind: 'reshape', shape: [n, w, h, c] }, [x]);
  const turned = m.call({ kind: 'transpose', perm: [0, 3, 1, 2] }, [x]) ?? x;
  const between = m.pick(2) === 0 ? (m.call({ kind: 'unary', fn: 'relu' }, [turned]) ?? turned) : turned;
  return m.call({ kind: 'transpose', perm: [0, 2, 3, 1] }, [between]);
};

/** Squeeze and excite. */
const gate: Make = (m, x) => {
  const [n, , , c] = m.shape(x);
  const mean = m.call({ kind: 'reduce', fn: 'mean', axes: [1, 2], keep: true }, [x]) ?? x;
  const flat = m.call({ kind: 'reshape', shape: [n, c] }, [mean]) ?? x;
  const product = m.call({ kind: 'matmul', transposeA: false, transposeB: false }, [flat, m.constant([c, c])]) ?? x;
  const wide = m.call({ kind: 'reshape', shape: [n, 1, 1, c] }, [product]) ?? x;
  const excited = m.call({ kind: 'unary', fn: 'sigmoid' }, [wide]) ?? x;
  return m.call({ kind: 'binary', fn: 'mul' }, [x, excited]);
};

const makers: readonly Make[] = [
  layer,
  layer,
  layer,
  depthwise,
  summed,
  perChannel,
  perChannel,
  normalise,
  apply,
  merge,
  merge,
  hardSwish,
  pool,
  padding,
  cut,
  enlarge,
  move,
  gate,
];
