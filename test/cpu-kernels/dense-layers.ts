/** Dense layers, for the tests of the cpu target's kernels. */
import type { Activation } from '../../src/ops/scalar.ts';
import type { Encoding } from '../../src/tensor/type.ts';
import { some, value } from '../ops/law.ts';
import { conv } from '../ops/makers.ts';
import type { Case } from './kit.ts';
import { drawn } from './numbers.ts';
import { csr, pruned } from './products.ts';

const stored = (format: string, params: Encoding['params'] = {}): Encoding => ({ format, params });

interface Dense {
  readonly x: readonly number[];
  readonly out: number;
  /** Weights kept: one in so many. */
  readonly every?: number;
  readonly activation?: Activation;
  readonly encoding?: Encoding;
}

const denseLayer = (title: string, { x, out, every = 1, activation = 'none', encoding }: Dense): Case => {
  const { r = 1, c = 1, f = r } = encoding?.params ?? {};
  const apart = encoding?.format === 'vec' ? Math.ceil(out / r) : out;
  const tall = encoding?.format === 'vec' ? 1 : f;
  return {
    title,
    op: { kind: 'linear', activation },
    values: [drawn(x, 5), pruned(drawn([out, x[x.length - 1]], 6), every, [tall, c], apart), some('f32', [out], 7)],
    ...(encoding && { encoding }),
  };
};

/** Rows of many lengths, some of them empty: row r keeps one weight in r % 7, and every eleventh row none. */
function ragged(title: string, inputs: number, out: number, batch = 1): Case {
  const weights = drawn([out, inputs], 6);
  const data = weights.data.map((w, at) => {
    const [row, column] = [Math.floor(at / inputs), at % inputs];
    return row % 11 === 10 || (column * 31 + row) % ((row % 7) + 1) > 0 ? 0 : w;
  });
  return {
    title,
    op: { kind: 'linear', activation: 'none' },
    values: [drawn([batch, inputs], 5), { ...weights, data } as typeof weights, some('f32', [out], 7)],
    encoding: csr,
  };
}

/** Weights that f16 holds, subnormal ones among them, so many that they are stored so. */
function halves(title: string, batch: number, encoding?: Encoding): Case {
  const [inputs, out] = [601, 240];
  const data = Array.from({ length: inputs * out }, (_, at) => {
    const drawn = Math.imul(at + 1, 2654435761) >>> 8;
    return ((drawn % 2047) - 1023) * 2 ** ((at % 29) - 24);
  });
  const all = value('f32', [out, inputs], data);
  const { r = 1 } = encoding?.params ?? {};
  return {
    title,
    op: { kind: 'linear', activation: 'none' },
    values: [drawn([batch, inputs], 5), encoding ? pruned(all, 1.5, [r, 1]) : all, some('f32', [out], 7)],
    ...(encoding && { encoding }),
  };
}

/** 16 different columns mod 16 in every pack. What is kept is nowhere 0, or packs would not be full. */
function packs(title: string, k: number): Case {
  const weights = drawn([32, 96], 6);
  const kept = (row: number, column: number): boolean =>
    k === 1 ? column % 16 === row % 16 && (column >> 4) % 2 === row >> 4 : column >> 4 === row % 6;
  const data = weights.data.map((w, at) => (kept(Math.floor(at / 96), at % 96) ? w || 0.5 : 0));
  return {
    title,
    op: { kind: 'linear', activation: 'none' },
    values: [drawn([1, 96], 5), { ...weights, data } as typeof weights, some('f32', [32], 7)],
    encoding: stored('gs', { b: 16, k, scatter: 0 }),
  };
}

/** Stored as f32 by kernels that do not convert. */
export const halfCases: readonly Case[] = [
  undefined,
  csr,
  ...[2, 8, 16].map((r) => stored('block', { r, c: 1 })),
  stored('bitmask'),
].flatMap((encoding) =>
  [1, 3].map((batch) => {
    const { r = 1 } = encoding?.params ?? {};
    return halves(`weights of f16, ${encoding?.format ?? 'dense'} ${r}, ${batch} at once`, batch, encoding);
  }),
);

const sparse: readonly Case[] = [
  ...[1, 15, 16, 17, 100, 300].flatMap((inputs) =>
    [1, 3, 16, 37].map((out) =>
      denseLayer(`csr, ${inputs} to ${out}`, { x: [1, inputs], out, every: 3, encoding: csr }),
    ),
  ),
  ...[1, 2, 4, 8, 16].flatMap((r) =>
    [16, 48, 80].map((out) =>
      denseLayer(`blocks of ${r} rows, ${out}`, { x: [1, 90], out, every: 3, encoding: stored('block', { r, c: 1 }) }),
    ),
  ),
  ...[2, 3, 4, 8, 16].map((r) =>
    denseLayer(`vec of ${r} rows`, { x: [2, 90], out: 41, every: 4, encoding: stored('vec', { r }) }),
  ),
  denseLayer('blocks of 8 rows and 4 columns', {
    x: [1, 64],
    out: 24,
    every: 3,
    encoding: stored('block', { r: 8, c: 4 }),
  }),
  denseLayer('blocks of 4 rows, the last not whole', {
    x: [1, 64],
    out: 22,
    every: 3,
    encoding: stored('block', { r: 4, c: 1 }),
  }),
  denseLayer('csr that keeps all', { x: [1, 130], out: 20, encoding: csr }),
  ...[2, 3, 5, 7, 11].map((batch) => ragged(`rows of many lengths, ${batch} at once`, 200, 45, batch)),
  ragged('rows of many lengths', 200, 45),
  ragged('few long rows, three at once', 1000, 3, 3),
  ragged('few long rows', 3000, 3),
  ragged('a row alone', 1000, 1),
  ...[1, 15, 16, 17, 32, 100, 300].flatMap((inputs) =>
    [1, 7].map((out) =>
      denseLayer(`bitmask, ${inputs} to ${out}`, { x: [1, inputs], out, every: 2, encoding: stored('bitmask') }),
    ),
  ),
  denseLayer('bitmask that keeps all', { x: [1, 130], out: 5, encoding: stored('bitmask') }),
  denseLayer('bitmask that keeps nothing', { x: [1, 130], out: 5, every: 1e9, encoding: stored('bitmask') }),
  ...[2, 3, 4, 5, 8, 9].flatMap((batch) => [
    ...[1, 2, 3, 6].map((out) => denseLayer(`${batch} at once, to ${out}`, { x: [batch, 37], out })),
    ...[1, 4, 16].map((r) =>
      denseLayer(`blocks of ${r} rows, ${batch} at once`, {
        x: [batch, 70],
        out: 32,
        every: 3,
        encoding: stored('block', { r, c: 1 }),
      }),
    ),
  ]),
  packs('gather-scatter packs of one row', 16),
  packs('gather-scatter packs of 16 rows', 1),
  denseLayer('bitmask, three at once', {
    x: [3, 90],
    out: 5,
    every: 3,
    encoding: stored('bitmask'),
    activation: 'relu',
  }),
  denseLayer('more inputs than 16 bits count', {
    x: [1, 70000],
    out: 3,
    every: 50,
    encoding: stored('csr', { index: 32 }),
  }),
  denseLayer('pairs of rows of more inputs', {
    x: [1, 70000],
    out: 4,
    every: 50,
    encoding: stored('block', { r: 2, c: 1 }),
  }),
  denseLayer('fours of rows of more inputs', {
    x: [1, 70000],
    out: 4,
    every: 50,
    encoding: stored('block', { r: 4, c: 1 }),
  }),
];

export const linearCases: readonly Case[] = [
  ...[1, 15, 16, 17, 100].flatMap((inputs) =>
    [1, 4, 11].map((out) => denseLayer(`${inputs} to ${out}`, { x: [1, inputs], out })),
  ),
  denseLayer('three at once', { x: [3, 40], out: 6, activation: 'relu' }),
  denseLayer('rows of a matrix', { x: [2, 3, 20], out: 5, activation: 'sigmoid' }),
  denseLayer('csr', { x: [2, 100], out: 9, every: 4, encoding: csr, activation: 'relu6' }),
  denseLayer('csr, all zero', { x: [1, 30], out: 4, every: 1e9, encoding: csr }),
  denseLayer('block', { x: [1, 64], out: 8, every: 3, encoding: stored('block', { r: 4, c: 4 }), activation: 'tanh' }),
  ...sparse,
  {
    title: 'a convolution of one pixel',
    op: conv({ activation: 'hard-swish' }),
    values: [some('f32', [2, 1, 1, 50], 5), some('f32', [6, 1, 1, 50], 6), some('f32', [6], 7)],
  },
  {
    title: 'a convolution of all pixels',
    op: conv(),
    values: [some('f32', [1, 3, 4, 5], 5), some('f32', [6, 3, 4, 5], 6), some('f32', [6], 7)],
  },
];
