/** Keras layers with weights or windows. */
import type { Value } from '../builder.ts';
import { axisOf, binary, cast, reshape, scalar, unary } from '../compose.ts';
import { reduceOver } from '../compose-reduce.ts';
import type { Padding } from '../geometry.ts';
import { padOf } from '../geometry.ts';
import { convolve, convolveTransposed, dense } from '../layers.ts';
import { activate, fusedActivation } from './activations.ts';
import type { KerasLayer, KerasRow, KerasRows } from './layer.ts';

export function channelsLast(l: KerasLayer): void {
  const format = l.text('data_format', 'channels_last');
  if (format !== 'channels_last')
    l.fail(`has its channels first: data_format "${format}"`, 'convert the model with channels last');
}

const bias = (l: KerasLayer): { readonly bias?: Value } => (l.flag('use_bias', true) ? { bias: l.weight('bias') } : {});

function padding(l: KerasLayer): 'same' | 'valid' {
  const word = l.text('padding', 'valid').toLowerCase();
  if (word === 'same' || word === 'valid') return word;
  l.fail(`has the padding "${word}"`, '"same" and "valid" are read, and "causal" in one dimension');
  return 'valid';
}

/** A value of [n, w, c] as an image of one row; fails for any other. */
function row(l: KerasLayer, x: Value): Value {
  const { shape } = x.type;
  return shape.length === 3
    ? reshape(l, x, [shape[0], 1, shape[1], shape[2]])
    : l.fail(`takes a 3-D value and is given [${shape.join(', ')}]`);
}

/** The other way back. */
const unrow = (l: KerasLayer, x: Value): Value => {
  const [n, , w, c] = x.type.shape;
  return l.failed ? l.fail('') : reshape(l, x, [n, w, c]);
};

const kernel1d = (l: KerasLayer, kernel: Value): Value =>
  kernel.type.shape.length === 3
    ? reshape(l, kernel, [1, ...kernel.type.shape])
    : l.fail('has a kernel that is not 3-D');

/** With the dilation of depthwise ones, as in Keras: TensorFlow.js passes over it. */
const convolution2d =
  (depthwise: boolean): KerasRow =>
  (l) => {
    channelsLast(l);
    const result = convolve(l, {
      x: l.input(),
      kernel: l.weight(depthwise ? 'depthwise_kernel' : 'kernel'),
      depthwise,
      stride: l.wholes('strides', 2, [1, 1]),
      dilation: l.wholes('dilation_rate', 2, [1, 1]),
      padding: padding(l),
      activation: fusedActivation(l),
      ...bias(l),
    });
    return activate(l, result);
  };

const convolution1d: KerasRow = (l) => {
  channelsLast(l);
  const kernel = kernel1d(l, l.weight('kernel'));
  const [dilation] = l.wholes('dilation_rate', 1, [1]);
  const before = ((kernel.type.shape[1] ?? 1) - 1) * dilation;
  const causal = l.text('padding', 'valid').toLowerCase() === 'causal';
  const pads: Padding = causal ? [0, before, 0, 0] : padding(l);
  const result = convolve(l, {
    x: row(l, l.input()),
    kernel,
    depthwise: false,
    stride: [1, l.wholes('strides', 1, [1])[0]],
    dilation: [1, dilation],
    padding: pads,
    activation: fusedActivation(l),
    ...bias(l),
  });
  return activate(l, unrow(l, result));
};

const separable: KerasRow = (l) => {
  channelsLast(l);
  const each = convolve(l, {
    x: l.input(),
    kernel: l.weight('depthwise_kernel'),
    depthwise: true,
    stride: l.wholes('strides', 2, [1, 1]),
    dilation: l.wholes('dilation_rate', 2, [1, 1]),
    padding: padding(l),
  });
  const result = convolve(l, {
    x: each,
    kernel: l.weight('pointwise_kernel'),
    depthwise: false,
    stride: [1, 1],
    dilation: [1, 1],
    padding: 'valid',
    activation: fusedActivation(l),
    ...bias(l),
  });
  return activate(l, result);
};

const transposed: KerasRow = (l) => {
  channelsLast(l);
  const [x, kernel] = [l.input(), l.weight('kernel')];
  const [, h, w] = x.type.shape;
  const stride = l.wholes('strides', 2, [1, 1]);
  const dilation = l.wholes('dilation_rate', 2, [1, 1]);
  if (l.has('output_padding')) return l.fail('has "output_padding", which is not read');
  const word = padding(l);
  const reach = (i: number): number => (kernel.type.shape[i] - 1) * dilation[i] + 1;
  const size = [h, w].map((d, i) => d * stride[i] + (word === 'same' ? 0 : Math.max(reach(i) - stride[i], 0)));
  const result = convolveTransposed(l, {
    x: cast(l, x, 'f32'),
    kernel,
    stride,
    dilation,
    padding: word,
    size,
    activation: fusedActivation(l),
    ...bias(l),
  });
  return activate(l, result);
};

const pool =
  (fn: 'max' | 'avg'): KerasRow =>
  (l) => {
    channelsLast(l);
    const x = cast(l, l.input(), 'f32');
    const window = l.wholes('pool_size', 2, [2, 2]);
    const stride = l.wholes('strides', 2, window);
    const pad = padOf(padding(l), x.type.shape.slice(1, 3), { size: window, stride, dilation: [1, 1] });
    return l.call({ kind: 'pool2d', fn, window, stride, pad, countPad: false }, x);
  };

const pool1d =
  (fn: 'max' | 'avg'): KerasRow =>
  (l) => {
    channelsLast(l);
    const x = row(l, cast(l, l.input(), 'f32'));
    const [size] = l.wholes('pool_size', 1, [2]);
    const [window, stride] = [
      [1, size],
      [1, l.wholes('strides', 1, [size])[0]],
    ];
    const pad = padOf(padding(l), x.type.shape.slice(1, 3), { size: window, stride, dilation: [1, 1] });
    return unrow(l, l.call({ kind: 'pool2d', fn, window, stride, pad, countPad: false }, x));
  };

const global =
  (fn: 'max' | 'mean', rank: number): KerasRow =>
  (l) => {
    channelsLast(l);
    const x = cast(l, l.input(), 'f32');
    if (x.type.shape.length !== rank)
      return l.fail(`takes a ${rank}-D value and is given [${x.type.shape.join(', ')}]`);
    return reduceOver(l, fn, x, rank === 4 ? [1, 2] : [1], l.flag('keepdims', false));
  };

const batchNormalisation: KerasRow = (l) => {
  const x = cast(l, l.input(), 'f32');
  const rank = x.type.shape.length;
  const axis = axisOf(l, l.list('axis', [-1])[0] ?? -1, rank);
  const mean = l.weight('moving_mean');
  const ones = (value: number): Value =>
    l.known(new Float32Array(mean.type.shape[0] ?? 0).fill(value), mean.type.shape);
  if (axis !== rank - 1) return l.fail(`normalises along axis ${axis} of ${rank}; only the last is read`);
  const scale = l.flag('scale', true) ? l.weight('gamma') : ones(1);
  const offset = l.flag('center', true) ? l.weight('beta') : ones(0);
  const epsilon = l.number('epsilon', 1e-3);
  return l.call({ kind: 'batch-norm', epsilon }, x, scale, offset, mean, l.weight('moving_variance'));
};

/** (x − mean) / √(variance + ε) · γ + β, with mean and variance over the last axes of each example. */
const layerNormalisation: KerasRow = (l) => {
  const x = cast(l, l.input(), 'f32');
  const rank = x.type.shape.length;
  const axes = l.list('axis', [-1]).map((a) => axisOf(l, a, rank));
  const isLast = axes.toSorted((a, b) => a - b).every((a, i) => a === rank - axes.length + i);
  if (!isLast) return l.fail(`normalises along axes ${axes.join(', ')} of ${rank}; only the last are read`);
  const centred = binary(l, 'sub', x, reduceOver(l, 'mean', x, axes, true));
  const variance = reduceOver(l, 'mean', unary(l, 'square', centred), axes, true);
  const factor = unary(l, 'rsqrt', binary(l, 'add', variance, scalar(l, l.number('epsilon', 1e-3), x)));
  const normal = binary(l, 'mul', centred, factor);
  const scaled = l.flag('scale', true) ? binary(l, 'mul', normal, l.weight('gamma')) : normal;
  return l.flag('center', true) ? binary(l, 'add', scaled, l.weight('beta')) : scaled;
};

export const weightLayers: KerasRows = {
  AveragePooling1D: pool1d('avg'),
  AveragePooling2D: pool('avg'),
  BatchNormalization: batchNormalisation,
  BatchNormalizationV1: batchNormalisation,
  Conv1D: convolution1d,
  Conv2D: convolution2d(false),
  Conv2DTranspose: transposed,
  Dense: (l) =>
    activate(l, dense(l, { x: l.input(), kernel: l.weight('kernel'), activation: fusedActivation(l), ...bias(l) })),
  DepthwiseConv2D: convolution2d(true),
  Embedding: (l) => l.call({ kind: 'gather', axis: 0 }, l.weight('embeddings'), cast(l, l.input(), 'i32')),
  GlobalAveragePooling1D: global('mean', 3),
  GlobalAveragePooling2D: global('mean', 4),
  GlobalMaxPooling1D: global('max', 3),
  GlobalMaxPooling2D: global('max', 4),
  LayerNormalization: layerNormalisation,
  MaxPooling1D: pool1d('max'),
  MaxPooling2D: pool('max'),
  SeparableConv2D: separable,
};
