/** Convolutions, transposed convolutions and dense layers, for the tests of the cpu target's kernels. */
import type { Value } from '../../src/ops/rules.ts';
import type { Activation } from '../../src/ops/scalar.ts';
import type { Encoding, Layout } from '../../src/tensor/type.ts';
import { panel, plain } from '../../src/tensor/type.ts';
import { some } from '../ops/law.ts';
import type { OpOf } from '../ops/makers.ts';
import { conv, convT } from '../ops/makers.ts';
import type { Case } from './kit.ts';
import { fewSizes, poisoned, sizes } from './numbers.ts';

const inPanels: Layout = panel(64);

export const csr: Encoding = { format: 'csr', params: { index: 16 } };
const block = (r: number, c: number): Encoding => ({ format: 'block', params: { r, c } });

/** Weights of which about one in `every` is kept, in blocks of rows and columns; rows `apart` from each other are alike. */
export function pruned(
  weights: Value,
  every: number,
  [r, c]: readonly [number, number] = [1, 1],
  apart = weights.type.shape[0],
): Value {
  const columns = weights.data.length / weights.type.shape[0];
  const kept = (at: number): boolean => {
    const [row, column] = [Math.floor((Math.floor(at / columns) % apart) / r), Math.floor((at % columns) / c)];
    return Math.imul(row * 7919 + column * 104729 + 12345, 2654435761) >>> 16 < 65536 / every;
  };
  return { ...weights, data: weights.data.map((w, at) => (kept(at) ? w : 0)) as Value['data'] };
}

interface Layer extends Partial<OpOf<'conv2d'>> {
  readonly x: readonly number[];
  readonly out: number;
  readonly kernel?: readonly number[];
  /** Weights kept: one in so many. */
  readonly every?: number;
  readonly encoding?: Encoding;
  readonly from?: Layout;
  readonly slopes?: number;
  readonly poison?: true;
}

const slopesOf = (activation: Activation | undefined, count: number): readonly Value[] =>
  activation === 'prelu' ? [some('f32', [count], 8)] : [];

function layer(title: string, given: Layer): Case {
  const { x, out, kernel = [1, 1], every = 1, encoding, from = inPanels, slopes = out, poison, ...more } = given;
  const image = some('f32', x, 5);
  const { r = 1, c = 1 } = encoding?.format === 'block' ? encoding.params : {};
  const apart = encoding?.format === 'vec' ? Math.ceil(out / encoding.params.r) : out;
  const weights = pruned(some('f32', [out, ...kernel, x[3]], 6), every, [r, c], apart);
  return {
    title,
    op: conv(more),
    values: [poison ? poisoned(image) : image, weights, some('f32', [out], 7), ...slopesOf(more.activation, slopes)],
    layouts: { x: from, result: inPanels },
    ...(encoding && { encoding }),
  };
}

const around = (p: number): readonly number[] => [p, p, p, p];
const stored = {
  dense: undefined,
  csr,
  pairs: block(2, 1),
  fours: block(4, 2),
  eights: block(8, 1),
  odd: block(3, 4),
  alike: { format: 'vec', params: { r: 4 } },
  punched: { format: 'punched', params: { f: 8, c: 1 } },
  union: { format: 'union', params: { r: 2, c: 1 } },
} satisfies Readonly<Record<string, Encoding | undefined>>;

/** Rows that are multiplied four at a time: as many weights are kept as in 2:4. */
const halved = (title: string, given: Layer): Case => layer(title, { ...given, every: 2, encoding: csr });

const pointwise: readonly Case[] = [
  ...sizes.map(([h, w]) => layer(`1x1 on ${h}x${w}`, { x: [1, h, w, 5], out: 7 })),
  ...sizes.map(([h, w]) => layer(`1x1 csr on ${h}x${w}`, { x: [1, h, w, 9], out: 7, every: 3, encoding: csr })),
  ...Object.entries(stored).flatMap(([name, encoding]) => [
    layer(`1x1 ${name}, more columns than a block`, {
      x: [2, 5, 14, 300],
      out: 24,
      every: 5,
      ...(encoding && { encoding }),
    }),
    layer(`1x1 ${name}, rows that no group divides`, {
      x: [1, 5, 28, 20],
      out: 7,
      every: 3,
      ...(encoding && { encoding }),
    }),
  ]),
  // Of which the last vector has one pixel.
  ...Object.entries(stored).map(([name, encoding]) =>
    layer(`1x1 ${name} on two of 7x7`, {
      x: [2, 7, 7, 600],
      out: 18,
      every: 5,
      ...(encoding && { encoding }),
      activation: name === 'alike' ? 'prelu' : 'relu6',
    }),
  ),
  ...sizes.map(([h, w]) => halved(`1x1, half kept, on ${h}x${w}`, { x: [1, h, w, 30], out: 20 })),
  halved('1x1, half kept, more columns than a block', { x: [2, 5, 14, 300], out: 24, activation: 'relu6' }),
  halved('1x1, half kept, rows that no group divides', { x: [1, 5, 28, 150], out: 19 }),
  halved('1x1, half kept, one row and a group of others', { x: [1, 5, 14, 140], out: 17 }),
  layer('1x1, one sparse output', { x: [1, 7, 9, 140], out: 1, every: 2, encoding: csr }),
  layer('1x1 csr, all zero', { x: [1, 5, 14, 200], out: 6, every: 1e9, encoding: csr, activation: 'relu' }),
  layer('1x1 csr, nothing zero', { x: [1, 5, 14, 140], out: 6, encoding: csr }),
  layer('1x1 csr, most rows empty', { x: [1, 5, 14, 400], out: 40, every: 150, encoding: csr, activation: 'relu6' }),
  layer('1x1 bitmask', { x: [1, 5, 14, 30], out: 8, every: 3, encoding: { format: 'bitmask', params: {} } }),
  layer('1x1, one output', { x: [1, 7, 9, 40], out: 1 }),
  layer('1x1, one input', { x: [1, 7, 9, 1], out: 6 }),
];

const taps: readonly Case[] = [
  ...Object.entries(stored).map(([name, encoding]) =>
    layer(`3x3 ${name} on two of 7x7`, {
      x: [2, 7, 7, 70],
      out: 16,
      kernel: [3, 3],
      pad: around(1),
      every: 4,
      ...(encoding && { encoding }),
    }),
  ),
  ...sizes.flatMap(([h, w]) => [
    layer(`3x3 on ${h}x${w}`, { x: [1, h, w, 4], out: 5, kernel: [3, 3], pad: around(1) }),
    layer(`3x3 from plain ${h}x${w}`, {
      x: [1, h, w, 3],
      out: 5,
      kernel: [3, 3],
      stride: [2, 2],
      pad: around(1),
      from: plain,
    }),
  ]),
  ...fewSizes.flatMap(([h, w]) => [
    layer(`3x3 csr on two of ${h}x${w}`, {
      x: [2, h, w, 40],
      out: 6,
      kernel: [3, 3],
      pad: around(1),
      every: 4,
      encoding: csr,
    }),
    halved(`3x3, half kept, on ${h}x${w}`, { x: [1, h, w, 40], out: 18, kernel: [3, 3], pad: around(1) }),
    layer(`5x5 at stride 2 on ${h}x${w}`, { x: [1, h, w, 6], out: 4, kernel: [5, 5], stride: [2, 2], pad: around(2) }),
    layer(`2x2 without padding on ${h}x${w}`, { x: [1, h, w, 6], out: 4, kernel: [2, 2] }),
    layer(`3x1 dilated on ${h}x${w}`, { x: [1, h, w, 6], out: 4, kernel: [3, 1], dilation: [2, 1], pad: [2, 0, 2, 0] }),
  ]),
  layer('1x1 at stride 2', { x: [1, 9, 12, 5], out: 4, stride: [2, 2] }),
  layer('1x1 padded', { x: [1, 9, 12, 5], out: 4, pad: [1, 2, 1, 0] }),
  layer('1x1 from plain', { x: [2, 9, 12, 3], out: 4, from: plain }),
  layer('1x9 along a line', { x: [1, 1, 300, 2], out: 3, kernel: [1, 9], pad: [0, 4, 0, 4] }),
  layer('1x64 at stride 4 along a line', { x: [1, 1, 1000, 1], out: 2, kernel: [1, 64], stride: [1, 4] }),
  layer('more padding than taps', { x: [1, 5, 6, 3], out: 2, kernel: [3, 3], pad: around(3) }),
  layer('a kernel larger than the picture', { x: [1, 3, 4, 3], out: 2, kernel: [5, 5], pad: around(2) }),
  layer('NaN at borders', { x: [1, 9, 10, 3], out: 4, kernel: [3, 3], pad: around(1), poison: true }),
];

const endings: readonly Case[] = (
  ['relu', 'relu6', 'hard-swish', 'sigmoid', 'tanh', 'swish', 'prelu'] as const
).flatMap((activation) => [
  layer(`1x1 and ${activation}`, { x: [1, 9, 10, 7], out: 6, activation }),
  layer(`3x3 csr and ${activation}`, {
    x: [1, 9, 10, 7],
    out: 6,
    kernel: [3, 3],
    pad: around(1),
    every: 3,
    encoding: csr,
    activation,
  }),
]);

/** Geometries that nobody thought of, the same every time. */
const drawn: readonly Case[] = Array.from({ length: 60 }, (_, seed) => {
  let state = seed + 1;
  const roll = (below: number): number => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
  const pair = (least: number, choices: number): readonly number[] => [least + roll(choices), least + roll(choices)];
  const [h, w] = pair(5, 17);
  const [kh, kw] = pair(1, 4);
  const dilation = [kh > 1 && h > 8 ? 1 + roll(2) : 1, kw > 1 && w > 8 ? 1 + roll(2) : 1];
  const every = [1, 1, 3, 6][roll(4)];
  const encoding = every > 1 ? [csr, block(2, 1), block(4, 1)][roll(3)] : undefined;
  return layer(`drawn ${seed}`, {
    x: [1 + roll(2), h, w, 1 + roll(6)],
    out: 1 + roll(9),
    kernel: [kh, kw],
    stride: pair(1, 3),
    dilation,
    pad: [...pair(0, 4), ...pair(0, 4)],
    every,
    ...(encoding && { encoding }),
    from: roll(3) === 0 ? plain : inPanels,
    activation: (['none', 'relu', 'prelu'] as const)[roll(3)],
  });
});

export const convCases: readonly Case[] = [
  ...pointwise,
  ...taps,
  ...endings,
  ...drawn,
  layer('one slope', { x: [1, 9, 10, 7], out: 6, activation: 'prelu', slopes: 1 }),
];

interface Transposed extends Partial<OpOf<'conv-transpose2d'>> {
  readonly x: readonly number[];
  readonly out: number;
  readonly kernel: readonly number[];
  readonly encoding?: Encoding;
}

const transposed = (title: string, { x, out, kernel, encoding, ...more }: Transposed): Case => ({
  title,
  op: convT(more),
  values: [
    some('f32', x, 5),
    pruned(some('f32', [out, ...kernel, x[3]], 6), encoding ? 3 : 1),
    some('f32', [out], 7),
    ...slopesOf(more.activation, out),
  ],
  layouts: { x: inPanels, result: inPanels },
  ...(encoding && { encoding }),
});

export const transposedCases: readonly Case[] = [
  transposed('2x2 at stride 2', { x: [1, 5, 7, 4], out: 3, kernel: [2, 2], stride: [2, 2], size: [10, 14] }),
  transposed('3x3 at stride 2', {
    x: [1, 5, 7, 4],
    out: 3,
    kernel: [3, 3],
    stride: [2, 2],
    pad: [1, 1, 0, 0],
    size: [10, 14],
    activation: 'prelu',
  }),
  transposed('4x4 at stride 2 of two', {
    x: [2, 5, 7, 4],
    out: 3,
    kernel: [4, 4],
    stride: [2, 2],
    pad: around(1),
    size: [10, 14],
    encoding: csr,
  }),
  transposed('5x3 at stride 1', { x: [1, 5, 7, 4], out: 3, kernel: [5, 3], pad: [2, 1, 2, 1], size: [5, 7] }),
  transposed('2x2 at stride 3', { x: [1, 4, 4, 4], out: 3, kernel: [2, 2], stride: [3, 3], size: [12, 12] }),
  transposed('7x7 at stride 3', {
    x: [1, 4, 4, 4],
    out: 3,
    kernel: [7, 7],
    stride: [3, 3],
    pad: around(2),
    size: [12, 12],
    activation: 'relu',
  }),
];
