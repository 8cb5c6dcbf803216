/** Depthwise convolutions and pooling, for the tests of the cpu target's kernels. */

import type { Value } from '../../src/ops/rules.ts';
import type { Activation } from '../../src/ops/scalar.ts';
import { panel } from '../../src/tensor/type.ts';
import type { OpOf } from '../ops/makers.ts';
import { conv, pool } from '../ops/makers.ts';
import type { Case } from './kit.ts';
import { drawn, poisoned, sizes } from './numbers.ts';

const inPanels = { x: panel(64), result: panel(64) };

interface Depthwise extends Partial<OpOf<'conv2d'>> {
  readonly x: readonly number[];
  readonly kernel: readonly number[];
  readonly multiplier?: number;
  readonly slopes?: number;
  readonly poison?: true;
}

function depthwise(title: string, { x, kernel, multiplier = 1, slopes, poison, ...more }: Depthwise): Case {
  const [c, o] = [x[3], x[3] * multiplier];
  const image = drawn(x, 5);
  const operands = [poison ? poisoned(image) : image, drawn([o, ...kernel, 1], 6), drawn([o], 7)];
  const slope: readonly Value[] = more.activation === 'prelu' ? [drawn([slopes ?? o], 8)] : [];
  return { title, op: conv({ groups: c, ...more }), values: [...operands, ...slope], layouts: inPanels };
}

/** Padding that keeps the size at stride 1, as TensorFlow has it. */
const same = (kernel: number, stride = 1, size = 0): readonly number[] => {
  const total = Math.max(0, kernel - (size % stride || stride));
  return [Math.floor(total / 2), Math.floor(total / 2), Math.ceil(total / 2), Math.ceil(total / 2)];
};

const activations: readonly Activation[] = ['relu', 'relu6', 'hard-swish', 'sigmoid', 'tanh', 'prelu', 'gelu'];

export const depthwiseCases: readonly Case[] = [
  ...sizes.flatMap(([h, w]) => [
    depthwise(`3x3 on ${h}x${w}`, { x: [1, h, w, 3], kernel: [3, 3], pad: same(3) }),
    depthwise(`5x5 on ${h}x${w}`, { x: [1, h, w, 2], kernel: [5, 5], pad: same(5) }),
    depthwise(`3x3 at stride 2 on ${h}x${w}`, { x: [1, h, w, 3], kernel: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1] }),
    depthwise(`5x5 at stride 2 on ${h}x${w}`, { x: [1, h, w, 2], kernel: [5, 5], stride: [2, 2], pad: [2, 2, 2, 2] }),
  ]),
  ...[1, 2, 15, 16, 17, 31, 33, 47, 63, 64, 65, 70].flatMap((w) => [
    depthwise(`3x3 on rows of ${w}`, { x: [1, 6, w, 2], kernel: [3, 3], pad: same(3), activation: 'relu6' }),
    depthwise(`3x3 at stride 2 on rows of ${w}`, {
      x: [1, 7, w, 3],
      kernel: [3, 3],
      stride: [2, 2],
      pad: [0, w > 1 ? 0 : 1, 1, 1],
    }),
    depthwise(`5x5 at stride 2 on rows of ${w}`, {
      x: [2, 6, w, 2],
      kernel: [5, 5],
      stride: [2, 2],
      pad: [2, 2, 2, 2],
    }),
    depthwise(`7x7 on rows of ${w}`, { x: [1, 9, w, 2], kernel: [7, 7], pad: same(7), multiplier: 2 }),
  ]),
  depthwise('more taps than are written out', { x: [1, 13, 14, 2], kernel: [9, 9], pad: same(9) }),
  depthwise('taps further away than a vector', {
    x: [1, 5, 70, 2],
    kernel: [1, 3],
    dilation: [1, 17],
    pad: [0, 17, 0, 17],
  }),
  depthwise('taps a vector away', { x: [1, 5, 70, 2], kernel: [1, 3], dilation: [1, 15], pad: [0, 15, 0, 15] }),
  depthwise('7x7 at stride 2', { x: [1, 30, 37, 2], kernel: [7, 7], stride: [2, 2], pad: [3, 3, 3, 3], multiplier: 2 }),
  depthwise('5x5 at stride 3', { x: [1, 30, 37, 2], kernel: [5, 5], stride: [3, 3], pad: [2, 2, 2, 2] }),
  depthwise('stride 2 across, 1 down', {
    x: [1, 9, 40, 2],
    kernel: [3, 3],
    stride: [1, 2],
    pad: [1, 1, 1, 1],
    activation: 'tanh',
  }),
  depthwise('padded behind only', { x: [1, 12, 14, 3], kernel: [3, 3], stride: [2, 2], pad: [0, 0, 1, 1] }),
  depthwise('5x5 padded more behind', { x: [1, 14, 14, 3], kernel: [5, 5], stride: [2, 2], pad: [1, 1, 2, 2] }),
  depthwise('two pictures', { x: [2, 7, 9, 3], kernel: [3, 3], pad: same(3) }),
  depthwise('two outputs a channel', { x: [2, 7, 9, 3], kernel: [3, 3], pad: same(3), multiplier: 2 }),
  depthwise('dilated', { x: [1, 13, 11, 3], kernel: [3, 3], dilation: [2, 3], pad: [2, 3, 2, 3] }),
  depthwise('dilated at stride 2', {
    x: [1, 13, 12, 3],
    kernel: [3, 3],
    dilation: [2, 2],
    stride: [2, 2],
    pad: [2, 2, 2, 2],
  }),
  depthwise('stride 3', { x: [1, 16, 19, 3], kernel: [3, 3], stride: [3, 3], pad: [1, 1, 1, 1] }),
  depthwise('strides that differ', { x: [1, 16, 19, 3], kernel: [3, 3], stride: [1, 2], pad: [1, 1, 1, 1] }),
  depthwise('a column', { x: [1, 16, 19, 3], kernel: [5, 1], pad: [2, 0, 2, 0] }),
  depthwise('a row', { x: [1, 16, 19, 3], kernel: [1, 7], pad: [0, 3, 0, 3] }),
  depthwise('one tap', { x: [1, 9, 9, 3], kernel: [1, 1] }),
  depthwise('a kernel larger than the picture', { x: [1, 3, 3, 2], kernel: [5, 5], pad: [2, 2, 2, 2] }),
  depthwise('padding beyond the taps', { x: [1, 5, 6, 2], kernel: [3, 3], pad: [4, 3, 4, 3] }),
  depthwise('not padded', { x: [1, 12, 13, 3], kernel: [3, 3] }),
  depthwise('not padded at stride 2', { x: [2, 13, 15, 3], kernel: [3, 3], stride: [2, 2], activation: 'tanh' }),
  depthwise('not padded, two outputs a channel', { x: [1, 9, 9, 2], kernel: [2, 2], multiplier: 2 }),
  depthwise('not padded, in strips', { x: [1, 90, 111, 2], kernel: [5, 3], stride: [2, 2] }),
  depthwise('strips', { x: [1, 112, 100, 2], kernel: [5, 5], pad: same(5) }),
  depthwise('strips at stride 2', { x: [1, 112, 112, 2], kernel: [5, 5], stride: [2, 2], pad: [1, 1, 2, 2] }),
  depthwise('strips of rows longer than a panel', { x: [1, 23, 300, 2], kernel: [3, 3], pad: same(3) }),
  ...activations.map((activation) =>
    depthwise(activation, { x: [1, 9, 10, 3], kernel: [3, 3], pad: same(3), activation }),
  ),
  depthwise('one slope', { x: [1, 9, 10, 3], kernel: [3, 3], pad: same(3), activation: 'prelu', slopes: 1 }),
  ...(['none', 'relu6', 'prelu'] as const).map((activation) =>
    depthwise(`NaN with ${activation}`, { x: [1, 9, 10, 3], kernel: [3, 3], pad: same(3), activation, poison: true }),
  ),
  depthwise('NaN at stride 2', { x: [1, 9, 10, 3], kernel: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1], poison: true }),
];

interface Pool extends Partial<OpOf<'pool2d'>> {
  readonly x: readonly number[];
  readonly poison?: true;
}

const pooling = (title: string, { x, poison, ...more }: Pool): Case => {
  const image = drawn(x, 9);
  return { title, op: pool(more), values: [poison ? poisoned(image) : image], layouts: inPanels };
};

export const poolCases: readonly Case[] = (['max', 'avg'] as const).flatMap((fn) => [
  ...sizes
    .filter(([h, w]) => h > 1 && w > 1)
    .flatMap(([h, w]) => [
      pooling(`${fn} 2x2 of ${h}x${w}`, {
        fn,
        x: [1, h, w, 3],
        window: [2, 2],
        stride: [2, 2],
        pad: [0, 0, h % 2, w % 2],
      }),
      pooling(`${fn} 3x3 of ${h}x${w}`, { fn, x: [1, h, w, 3], window: [3, 3], stride: [1, 1], pad: [1, 1, 1, 1] }),
    ]),
  pooling(`${fn} 3x3 at stride 2`, { fn, x: [1, 15, 17, 3], window: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1] }),
  ...[1, 16, 33, 64, 70].flatMap((w) => [
    pooling(`${fn} 3x3 at stride 2 of rows of ${w}`, {
      fn,
      x: [2, 9, w, 2],
      window: [3, 3],
      stride: [2, 2],
      pad: [1, 1, 1, 1],
    }),
    pooling(`${fn} 5x5 of rows of ${w}`, {
      fn,
      x: [1, 9, w, 2],
      window: [5, 5],
      stride: [1, 1],
      pad: [2, 2, 2, 2],
      poison: true,
    }),
  ]),
  pooling(`${fn} 9x9`, { fn, x: [1, 12, 13, 2], window: [9, 9], stride: [1, 1], pad: [4, 4, 4, 4] }),
  pooling(`${fn} 3x3 at stride 2 with NaN`, {
    fn,
    x: [1, 13, 40, 2],
    window: [3, 3],
    stride: [2, 2],
    pad: [1, 1, 1, 1],
    poison: true,
  }),
  pooling(`${fn} counting padding`, { fn, x: [1, 15, 17, 3], window: [3, 3], pad: [1, 1, 1, 1], countPad: true }),
  pooling(`${fn} 2x3 of two pictures`, { fn, x: [2, 9, 9, 3], window: [2, 3], stride: [2, 3], pad: [0, 0, 1, 0] }),
  pooling(`${fn} not padded`, { fn, x: [2, 9, 9, 3], window: [3, 3] }),
  pooling(`${fn} not padded at stride 2`, { fn, x: [1, 111, 111, 2], window: [3, 3], stride: [2, 2] }),
  pooling(`${fn} of strips`, { fn, x: [1, 112, 112, 2], window: [3, 3], stride: [2, 2], pad: [0, 0, 1, 1] }),
  pooling(`${fn} with NaN`, { fn, x: [1, 9, 10, 3], window: [3, 3], pad: [1, 1, 1, 1], poison: true }),
]);
