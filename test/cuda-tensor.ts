/** Layers for tensor cores: numbers that these hold, and weights of every kind that has a way of its own. */
import type { Graph } from '../src/graph/graph.ts';
import type { Op } from '../src/ops/index.ts';
import type { Value } from '../src/ops/rules.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import type { Shape } from '../src/tensor/type.ts';
import { elements as count, tensor } from '../src/tensor/type.ts';
import { h100 } from '../targets/cuda/devices.ts';
import { tensorKernel } from '../targets/cuda/kernels/tensor.ts';
import { tensorWholeKernel } from '../targets/cuda/kernels/tensor-whole.ts';
import { estimatedFor } from '../targets/cuda/rates/rates.ts';
import type { Choose } from '../targets/cuda/tensor/calls.ts';
import type { Element } from '../targets/cuda/tensor/elements.ts';
import { elements } from '../targets/cuda/tensor/elements.ts';
import type { Way } from '../targets/cuda/tensor/tiles.ts';
import { planes } from '../targets/gpu/planes.ts';
import type { Case } from './cpu-kernels/kit.ts';
import { graphOf } from './cpu-kernels/kit.ts';
import { random, stored } from './cuda-weights.ts';
import { typeOfSample } from './ops/law.ts';

export const everything = { sparse: true, room: 99 * 1024, setting: estimatedFor(h100) };

/** The smallest tile of a way, its steps shared out among so many. */
const smallest =
  (way: Way, splits: number): Choose =>
  (offers) => {
    const fit = offers.filter((o) => o.way === way);
    const least = fit.toSorted((a, b) => a.tile.rows * a.tile.pixels - b.tile.rows * b.tile.pixels)[0];
    return least && { ...least, estimate: { ...least.estimate, splits } };
  };

const ofRows = (kernel: Kernel, rows: number): Kernel => ({
  ...kernel,
  match: (site) => (site.weights?.matrix.rows === rows ? kernel.match(site) : 'takes others'),
});

export const only = (element: Element, way: Way, splits: number, rows?: number): Kernel => {
  const kernel = tensorKernel(element, everything, smallest(way, splits));
  return rows ? ofRows(kernel, rows) : kernel;
};

/** Each takes what the ones before leave. */
export const oneByOne: readonly Kernel[] = [
  ofRows(tensorWholeKernel(everything, smallest('blocks', 1)), 34),
  tensorWholeKernel(everything, smallest('sparse', 1)),
  tensorWholeKernel(everything, smallest('extra', 1)),
  tensorWholeKernel(everything, smallest('dense', 2)),
  only(elements.bf16, 'sparse', 1, 33),
  only(elements.tf32, 'sparse', 2, 34),
  only(elements.tf32, 'dense', 1, 35),
  only(elements.tf32, 'extra', 1, 36),
  only(elements.f16, 'gathered', 1, 50),
  only(elements.f16, 'gathered', 2, 51),
  only(elements.f16, 'sparse', 1),
  only(elements.f16, 'extra', 2),
  only(elements.f16, 'blocks', 1),
  only(elements.f16, 'dense', 2),
];

export type Live = (row: number, tap: number, channel: number) => boolean;

const two: Live = (row, tap, channel) => (row + tap + channel + (channel >> 2)) % 4 < 2;
const one: Live = (row, tap, channel) => (row + tap + channel) % 2 === 0;
/** Four of eight, as they fall; and three of every four. */
const four: Live = (row, tap, channel) => {
  const own = [...'01234567'].map((_, k) => random(((row * 9 + tap) * 64 + (channel >> 3)) * 8 + k, 9));
  return own.filter((v) => v > own[channel % 8]).length < 4;
};
const three: Live = (row, tap, channel) => (row + tap + (channel >> 2)) % 4 !== channel % 4;
/** Two of four that are a fourth of all channels apart, of 32. */
const apart: Live = (row, tap, channel) => {
  const own = [0, 1, 2, 3].map((k) => random(((row * 9 + tap) * 8 + (channel % 8)) * 4 + k, 17));
  return own.filter((v) => v > own[channel >> 3]).length < 2;
};
const few: Live = (row, tap, channel) => random((row * 9 + tap) * 64 + channel, 13) > 0.8;
const all: Live = () => true;
const blocks: Live = (row, tap, channel) => random((row >> 4) * 31 + (channel >> 4) + 7 * tap, 5) > 0.2;
const shared: Live = (row, _, channel) =>
  [1, 4, 6, 7].indexOf(channel % 8) % 2 === row % 2 && [1, 4, 6, 7].includes(channel % 8);

export const conv = (o: Partial<Extract<Op, { kind: 'conv2d' }>>): Op => ({
  ...{ kind: 'conv2d', stride: [1, 1], dilation: [1, 1], pad: [0, 0, 0, 0], groups: 1, activation: 'none', ...o },
});

const turned = (o: Partial<Extract<Op, { kind: 'conv-transpose2d' }>>): Op => ({
  ...{
    kind: 'conv-transpose2d',
    stride: [2, 2],
    dilation: [1, 1],
    pad: [0, 0, 0, 0],
    size: [1, 1],
    activation: 'relu',
  },
  ...o,
});

export function layer(
  title: string,
  op: Op,
  x: Shape,
  weights: Shape,
  live: Live,
  more: { residual?: true; element?: Element } = {},
): Case {
  const element = more.element ?? elements.f16;
  const rows = weights[0];
  const channels = weights[weights.length - 1];
  const perRow = count(weights) / rows;
  const signs = Float32Array.from({ length: count(x) }, (_, i) => random(i, 1));
  const given = element.name === 'u8' ? signs.map((v) => Math.round(255 * Math.abs(v))) : stored(signs, element);
  const data = stored(
    Float32Array.from({ length: count(weights) }, (_, i) => {
      const [row, at] = [Math.floor(i / perRow), i % perRow];
      return live(row, Math.floor(at / channels), at % channels) ? random(i, 2) || 1 : 0;
    }),
    element,
  );
  const numbers = (length: number, seed: number) => Float32Array.from({ length }, (_, i) => random(i, seed));
  const dtype = element.sum === 'int' ? 'i32' : 'f32';
  const of = (data: Float32Array<ArrayBuffer>) => (dtype === 'i32' ? Int32Array.from(data) : data);
  const values: Value[] = [
    { type: tensor(dtype, x), data: of(given) },
    { type: tensor(dtype, weights), data: of(data) },
    { type: tensor(dtype, [rows]), data: of(numbers(rows, 3).map((v) => (dtype === 'i32' ? 1000 * v : v))) },
  ];
  const result = typeOfSample({ op, values });
  if (more.residual) values.push({ type: result, data: numbers(count(result.shape), 4) });
  const pictures = op.kind !== 'linear';
  const residual = more.residual ? { residual: planes(result) } : {};
  const layouts = pictures ? { layouts: { x: planes(values[0].type), result: planes(result), ...residual } } : {};
  return { title, op, values, computed: ['x'], ...layouts };
}

export const linear: Op = { kind: 'linear', activation: 'none' };

/** Sizes that fill no tile, borders, strides, dilation, several pictures, and what comes after sums. */
export const tensorCases = (): readonly Case[] => [
  layer('2:4 dense layer', { ...linear, activation: 'relu' }, [45, 100], [70, 100], two),
  layer('dense layer', { ...linear, activation: 'tanh' }, [3, 11, 40], [37, 40], all),
  layer('dense layer of blocks', linear, [20, 128], [80, 128], blocks),
  layer('V:2:8 dense layer', { ...linear, activation: 'relu6' }, [21, 128], [50, 128], shared),
  layer('bf16 2:4', linear, [9, 64], [33, 64], two, { element: elements.bf16 }),
  layer('tf32 1:2', linear, [9, 96], [34, 96], one, { element: elements.tf32 }),
  layer('tf32', linear, [17, 45], [35, 45], all, { element: elements.tf32 }),
  layer('4:8 dense layer', { ...linear, activation: 'relu' }, [21, 100], [45, 100], four),
  layer('3:4 3x3', conv({ pad: [1, 1, 1, 1], stride: [2, 1] }), [2, 7, 9, 20], [37, 3, 3, 20], three),
  layer('tf32 2:4', linear, [9, 90], [36, 90], two, { element: elements.tf32 }),
  layer('int8 4:8', conv({ pad: [0, 1, 1, 0] }), [1, 6, 7, 40], [33, 2, 2, 40], four, { element: elements.s8 }),
  layer('groups 3x3', conv({ groups: 3, pad: [1, 1, 1, 1] }), [2, 7, 6, 48], [36, 3, 3, 16], all),
  layer('int8 groups', conv({ groups: 2, activation: 'relu' }), [1, 6, 7, 64], [34, 3, 3, 32], all, {
    element: elements.s8,
  }),
  layer('int8 channel by channel', conv({ groups: 20, stride: [2, 1] }), [1, 6, 7, 20], [20, 3, 3, 1], all, {
    element: elements.s8,
  }),
  layer('u8 vector', linear, [1, 70], [5, 70], all, { element: elements.u8 }),
  layer('u8 2:4 3x3', conv({ pad: [1, 1, 1, 1] }), [1, 6, 7, 20], [40, 3, 3, 20], two, { element: elements.u8 }),
  layer('2:4 transposed', turned({ size: [11, 9], pad: [1, 1, 1, 1] }), [2, 6, 5, 24], [34, 3, 3, 24], two),
  layer(
    'transposed, phases without taps',
    turned({ size: [13, 12], stride: [3, 3] }),
    [1, 4, 4, 40],
    [17, 2, 2, 40],
    all,
  ),
  layer(
    'blocks transposed, with dilation',
    turned({ size: [16, 13], stride: [2, 1], dilation: [1, 2], pad: [2, 0, 1, 3] }),
    [1, 8, 11, 48],
    [48, 4, 3, 48],
    blocks,
  ),
  layer('2:4 3x3', conv({ pad: [1, 1, 1, 1], activation: 'relu' }), [2, 7, 9, 24], [37, 3, 3, 24], two),
  layer('2:4 3x3 with a residual', conv({ pad: [1, 0, 1, 2] }), [1, 7, 6, 16], [32, 3, 3, 16], two, { residual: true }),
  layer(
    '3x2 with strides and dilation',
    conv({ pad: [2, 0, 1, 3], stride: [2, 1], dilation: [2, 3] }),
    [2, 11, 9, 7],
    [40, 3, 2, 7],
    all,
  ),
  layer('blocks 3x3', conv({ pad: [1, 1, 1, 1], stride: [2, 2] }), [1, 12, 9, 48], [48, 3, 3, 48], blocks),
  layer('V:2:8 1x1', conv({ activation: 'sigmoid' }), [1, 5, 6, 64], [50, 1, 1, 64], shared),
  layer('1x1 of one pixel a picture', conv({}), [12, 1, 1, 40], [20, 1, 1, 40], all),
  layer('2:4 in another order, 3x3', conv({ pad: [1, 1, 1, 1] }), [1, 6, 5, 32], [45, 3, 3, 32], apart),
  layer('int8 2:4', linear, [20, 136], [40, 136], two, { element: elements.s8 }),
  layer('int8 3x3', conv({ pad: [1, 1, 1, 1] }), [1, 6, 7, 20], [40, 3, 3, 20], all, { element: elements.s8 }),
  layer('V:2:8 3x3', conv({ pad: [1, 1, 1, 1], activation: 'relu' }), [2, 9, 10, 32], [51, 3, 3, 32], shared),
  layer(
    'V:2:8 3x2 with strides and dilation',
    conv({ pad: [2, 0, 1, 3], stride: [2, 3], dilation: [3, 2] }),
    [2, 13, 15, 24],
    [50, 3, 2, 24],
    shared,
  ),
  layer('few weights 3x3', conv({ stride: [2, 2], pad: [0, 0, 1, 1] }), [1, 8, 8, 32], [51, 3, 3, 32], few, {
    residual: true,
  }),
  layer('V:2:8 1x1 of several pictures', conv({}), [3, 5, 3, 32], [50, 1, 1, 32], shared),
  layer('V:2:8 1x1 of one pixel a picture', conv({}), [12, 1, 1, 40], [51, 1, 1, 40], shared),
  layer('no weights', conv({ activation: 'relu' }), [1, 5, 6, 64], [36, 1, 1, 64], () => false),
];

export const tensorGraph = (): Graph => graphOf(tensorCases());
