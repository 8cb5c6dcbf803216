/** Random graphs whose values come in all orders of their axes: what a model with channels first is made of, and more. */
import fc from 'fast-check';
import type { Graph, Id } from '../../src/graph/graph.ts';
import { print } from '../../src/graph/print.ts';
import { dropUnused } from '../../src/graph/rewrite.ts';
import type { Op } from '../../src/ops/index.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements } from '../../src/tensor/type.ts';
import { builder } from './builder.ts';

interface Maker {
  /** A whole number from 0 to `below` − 1. */
  pick(below: number): number;
  shape(id: Id): Shape;
  /** Numbers from −size to size. */
  constant(shape: Shape, size?: number): Id;
  call(op: Op, inputs: readonly Id[]): Id | undefined;
  /** One of the latest values. */
  other(): Id;
}

type Make = (m: Maker, x: Id) => Id | undefined;

export const randomOrders = fc.array(fc.nat(9999), { minLength: 60, maxLength: 300 }).map((numbers): Graph => {
  let at = 0;
  const next = (): number => numbers[at++ % numbers.length] + 37 * Math.floor(at / numbers.length);
  const pick = (below: number): number => next() % below;
  const made = builder();
  const values: Id[] = [];
  const m: Maker = {
    pick,
    shape: made.shape,
    constant: (shape, size = 1) => made.constant(shape, () => ((next() % 2003) / 1001 - 1) * size),
    call: made.attempt,
    other: () => values[values.length - 1 - pick(Math.min(4, values.length))],
  };
  for (let n = 0; n <= pick(2); n++)
    values.push(made.input(`x${n}`, [1 + pick(2), 1 + pick(3), 2 + pick(3), 1 + pick(4)]));
  for (let n = 4 + pick(16); n > 0; n--) {
    const made = makers[pick(makers.length)](m, m.other());
    if (made !== undefined && elements(m.shape(made)) <= 1000) values.push(made);
  }
  const ends = [values[values.length - 1], ...(pick(3) === 0 ? [m.other()] : [])];
  const graph = dropUnused(made.graph(ends));
  return { ...graph, ...({ [fc.toStringMethod]: () => print(graph).text } as object) };
});

const shuffled = ({ pick }: Maker, rank: number): readonly number[] => {
  const left = Array.from({ length: rank }, (_, axis) => axis);
  return Array.from({ length: rank }, () => left.splice(pick(left.length), 1)[0]);
};

const turn: Make = (m, x) => {
  const rank = m.shape(x).length;
  const usual = [
    [0, 3, 1, 2],
    [0, 2, 3, 1],
  ][m.pick(2)];
  return m.call({ kind: 'transpose', perm: rank === 4 && m.pick(4) > 0 ? usual : shuffled(m, rank) }, [x]);
};

const image: Make = (m, x) => {
  const [, h, w, i] = m.shape(x);
  if (m.shape(x).length !== 4) return undefined;
  const turned = m.pick(2) === 0 ? x : (m.call({ kind: 'transpose', perm: [0, 2, 3, 1] }, [x]) ?? x);
  const c = turned === x ? i : h;
  const o = 1 + m.pick(3);
  const made =
    m.pick(3) === 0
      ? m.call({ kind: 'resize', method: 'nearest', size: [w, 3], coordinates: 'asymmetric', rounding: 'floor' }, [
          turned,
        ])
      : m.call({ kind: 'conv2d', stride: [1, 1], dilation: [1, 1], pad: [0, 0, 0, 0], groups: 1, activation: 'none' }, [
          turned,
          m.constant([o, 1, 1, c]),
          m.constant([o]),
        ]);
  if (made === undefined || turned === x) return made;
  return m.call({ kind: 'transpose', perm: [0, 3, 1, 2] }, [made]);
};

const apply: Make = (m, x) => m.call({ kind: 'unary', fn: (['relu', 'sigmoid', 'neg'] as const)[m.pick(3)] }, [x]);

const combine: Make = (m, x) => {
  const fn = (['add', 'mul', 'max'] as const)[m.pick(3)];
  const shape = m.shape(x);
  const small = shape.map((size) => (m.pick(2) === 0 ? size : 1)).slice(m.pick(shape.length + 1));
  const y = m.pick(2) === 0 ? m.constant(small) : m.other();
  return m.call({ kind: 'binary', fn }, m.pick(2) === 0 ? [x, y] : [y, x]);
};

const choice: Make = (m, x) => {
  const test = m.call({ kind: 'binary', fn: 'less' }, [x, m.constant([])]);
  const whole = test && m.call({ kind: 'cast', to: 'f32' }, [test]);
  return whole && m.call({ kind: 'binary', fn: 'mul' }, [x, whole]);
};

const join: Make = (m, x) => {
  const y = m.other();
  const [a, b] = [m.shape(x), m.shape(y)];
  const axis = a.findIndex((size, i) => size !== b[i]);
  return m.call({ kind: 'concat', axis: axis < 0 ? m.pick(Math.max(1, a.length)) : axis, count: 2 }, [x, y]);
};

const cut: Make = (m, x) => {
  const shape = m.shape(x);
  const begin = shape.map((size) => m.pick(Math.min(2, size)));
  const size = shape.map((d, axis) => Math.max(1, d - begin[axis] - m.pick(2)));
  const step = shape.map((_, axis) => (size[axis] === 1 && m.pick(2) === 0 ? -1 : 1));
  return m.call({ kind: 'slice', begin, size, step }, [x]);
};

const grow: Make = (m, x) => {
  const amounts = (): readonly number[] => m.shape(x).map(() => (m.pick(3) === 0 ? 1 : 0));
  if (m.pick(3) === 0) return m.call({ kind: 'tile', repeats: amounts().map((n) => n + 1) }, [x]);
  return m.call({ kind: 'pad', before: amounts(), after: amounts(), mode: 'constant', value: m.pick(2) }, [x]);
};

const shrink: Make = (m, x) => {
  const axes = m.shape(x).flatMap((_, axis) => (m.pick(2) === 0 ? [axis] : []));
  return m.call({ kind: 'reduce', fn: m.pick(2) === 0 ? 'mean' : 'max', axes, keep: m.pick(2) === 0 }, [x]);
};

const along: Make = (m, x) => {
  const axis = m.pick(Math.max(1, m.shape(x).length));
  if (m.pick(2) === 0) return m.call({ kind: 'softmax', axis }, [x]);
  const list = m.call({ kind: 'cast', to: 'i32' }, [m.constant([[], [2], [1, 2]][m.pick(3)], 4)]);
  return list && m.call({ kind: 'gather', axis }, [x, list]);
};

/** To whole numbers and back, by one scale or by one for each index of an axis. */
const rounded: Make = (m, x) => {
  const given = m.shape(x);
  const axis = m.pick(given.length + 1) - 1;
  const count = axis < 0 ? 1 : given[axis];
  const two = m.constant([count]);
  const scale = m.call({ kind: 'unary', fn: 'exp' }, [two]) ?? two;
  const zero = m.call({ kind: 'cast', to: 'i32' }, [m.constant([count], 9)]) ?? two;
  const whole = m.call({ kind: 'quantize', axis, low: -128, high: 127 }, [x, scale, zero]);
  if (whole === undefined || m.pick(3) === 0) return undefined;
  const moved = m.pick(2) === 0 ? whole : (m.call({ kind: 'tile', repeats: given.map(() => 1) }, [whole]) ?? whole);
  return m.call({ kind: 'dequantize', axis }, [moved, scale, zero]);
};

const shape: Make = (m, x) => {
  const given = m.shape(x);
  const at = m.pick(given.length + 1);
  const next = [...given];
  switch (m.pick(4)) {
    case 0:
      next.splice(at, 0, 1);
      break;
    case 1:
      next.splice(at, 2, elements(given.slice(at, at + 2)));
      break;
    case 2:
      if (given[at] % 2 === 0) next.splice(at, 1, 2, given[at] / 2);
      break;
    default:
      return m.call({ kind: 'reshape', shape: given.filter((size) => size > 1) }, [x]);
  }
  return next.length > 6 ? undefined : m.call({ kind: 'reshape', shape: next }, [x]);
};

const product: Make = (m, x) => {
  const flip = m.pick(2) === 0;
  const y = m.pick(2) === 0 ? x : m.other();
  return (
    m.call({ kind: 'matmul', transposeA: flip, transposeB: !flip }, [x, y]) ??
    m.call({ kind: 'matmul', transposeA: false, transposeB: false }, [x, y])
  );
};

const dense: Make = (m, x) => {
  const last = m.shape(x).at(-1) ?? 1;
  return m.call({ kind: 'linear', activation: 'none' }, [x, m.constant([3, last]), m.constant([3])]);
};

/** Groups of channels with all their pixels, less their means. */
const groups: Make = (m, x) => {
  const [n, c, ...rest] = m.shape(x);
  if (rest.length < 2 || c % 2 !== 0) return undefined;
  const merged = m.call({ kind: 'reshape', shape: [n, 2, (c / 2) * elements(rest)] }, [x]) ?? x;
  const mean = m.call({ kind: 'reduce', fn: 'mean', axes: m.pick(3) === 0 ? [1, 2] : [2], keep: true }, [merged]) ?? x;
  const less = m.call({ kind: 'binary', fn: 'sub' }, m.pick(2) === 0 ? [merged, mean] : [mean, merged]) ?? x;
  const moved = m.pick(2) === 0 ? less : (m.call({ kind: 'binary', fn: 'mul' }, [less, m.constant([2, 1])]) ?? less);
  if (m.pick(4) === 0) return moved;
  return m.call({ kind: 'reshape', shape: m.shape(x) }, [m.pick(2) === 0 ? moved : (apply(m, moved) ?? moved)]);
};

/** Flattened for a dense layer, and a picture again. */
const bottleneck: Make = (m, x) => {
  const [n, ...rest] = m.shape(x);
  if (rest.length < 2) return undefined;
  const size = elements(rest);
  const flat = m.call({ kind: 'reshape', shape: [n, size] }, [x]) ?? x;
  const active = m.pick(2) === 0 ? flat : (m.call({ kind: 'unary', fn: 'relu' }, [flat]) ?? flat);
  const inner = m.call({ kind: 'linear', activation: 'none' }, [active, m.constant([2, size]), m.constant([2])]) ?? x;
  if (m.pick(3) === 0) return inner;
  const wide = m.call({ kind: 'linear', activation: 'relu' }, [inner, m.constant([12, 2]), m.constant([12])]);
  const picture = wide && m.call({ kind: 'reshape', shape: [n, 3, 2, 2] }, [wide]);
  return picture && m.call({ kind: 'transpose', perm: [0, 2, 3, 1] }, [picture]);
};

const makers: readonly Make[] = [
  turn,
  turn,
  turn,
  turn,
  image,
  image,
  apply,
  combine,
  combine,
  choice,
  join,
  cut,
  grow,
  shrink,
  along,
  along,
  rounded,
  shape,
  shape,
  product,
  dense,
  groups,
  groups,
  bottleneck,
];
