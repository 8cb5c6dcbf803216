/** Convolutions over one, two or three spatial axes, as 2-D convolutions of images. */
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { binary, reshape, slice, transpose } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import type { Layer } from '../layer.ts';
import { cut, fromImage, planar, toImage } from './images.ts';
import type { Windows } from './windows.ts';
import { reach, windowsOf } from './windows.ts';
import { zerosOf } from './zeros.ts';

export interface Convolution {
  /** [n, c, ...spatial]; f32, or i32 as all the others. */
  readonly x: Value;
  /** [o, c / groups, ...kernel]; known, or computed from the input. */
  readonly weights: Value;
  /** [o]. */
  readonly bias?: Value | undefined;
  readonly groups: number;
  readonly windows: Windows;
}

/** A convolution with the attributes of ONNX's Conv, which ConvInteger and QLinearConv have as well. */
export function convolution(l: Layer, { x, weights, bias }: Pick<Convolution, 'x' | 'weights' | 'bias'>): Value {
  if (!areImages(l, x, weights)) return broken;
  const windows = windowsOf(l, x.type.shape.slice(2), weights.type.shape.slice(2));
  const groups = l.int('group', 1);
  return windows ? convolve(l, { x, weights, bias, groups, windows }) : broken;
}

/** Whether both have the same number of spatial axes, one to three. */
export function areImages(l: Layer, x: Value, weights: Value): boolean {
  if (x === broken || weights === broken) return false;
  const [rank, other] = [x.type.shape.length, weights.type.shape.length];
  if (rank >= 3 && rank <= 5 && other === rank) return true;
  l.fail(
    `works on one to three spatial axes, and is given an input of [${x.type.shape.join(', ')}] and weights of [${weights.type.shape.join(', ')}]`,
  );
  return false;
}

export function convolve(scope: Scope, { x, weights, bias, groups, windows }: Convolution): Value {
  const spatial = x.type.shape.length - 2;
  const [outputs] = weights.type.shape;
  const full: Full = {
    ...cut(scope, x, windows),
    weights,
    bias: bias ?? zerosOf(scope, x.type.dtype, [outputs]),
    groups,
  };
  if (spatial === 3) return throughDepth(scope, full);
  const { stride, dilation, before, after } = planar(full.windows);
  const lines = spatial === 1 ? reshape(scope, weights, weights.type.shape.toSpliced(2, 0, 1)) : weights;
  const result = scope.call(
    { kind: 'conv2d', stride, dilation, pad: [...before, ...after], groups, activation: 'none' },
    toImage(scope, full.x),
    transpose(scope, lines, [0, 2, 3, 1]),
    full.bias,
  );
  return result === broken ? broken : fromImage(scope, result, spatial);
}

type Full = Convolution & { readonly bias: Value };

/** More are no convolution that anyone has. */
const deepest = 64;

/** The sum, over the depth of the kernel, of 2-D convolutions of the frames that it meets. */
function throughDepth(scope: Scope, { x, weights, bias, groups, windows }: Full): Value {
  const { kernel, stride, dilation, before, after } = windows;
  const [kd, kh, kw] = kernel;
  if (kd > deepest) return scope.fail(`has a kernel ${kd} frames deep, and at most ${deepest} are read`);
  const frames = pad(scope, transpose(scope, x, [0, 2, 3, 4, 1]), before[0], after[0]);
  const [n, depth, h, w, c] = frames.type.shape;
  const count = Math.floor((depth - reach(kd, dilation[0])) / stride[0]) + 1;
  if (frames === broken || count < 1)
    return scope.fail(
      `has a kernel of ${reach(kd, dilation[0])} frames that does not fit the padded input of ${depth}`,
    );
  const [outputs, inputs] = weights.type.shape;
  const none = zerosOf(scope, bias.type.dtype, [outputs]);
  const parts = Array.from({ length: kd }, (_, k) => {
    const begin = [0, k * dilation[0], 0, 0, 0];
    const met = scope.call({ kind: 'slice', begin, size: [n, count, h, w, c], step: [1, stride[0], 1, 1, 1] }, frames);
    const own = slice(scope, weights, [0, 0, k, 0, 0], [outputs, inputs, 1, kh, kw]);
    return scope.call(
      {
        kind: 'conv2d',
        stride: stride.slice(1),
        dilation: dilation.slice(1),
        pad: [...before.slice(1), ...after.slice(1)],
        groups,
        activation: 'none',
      },
      reshape(scope, met, [n * count, h, w, c]),
      transpose(scope, reshape(scope, own, [outputs, inputs, kh, kw]), [0, 2, 3, 1]),
      k === 0 ? bias : none,
    );
  });
  const total = parts.reduce((a, b) => binary(scope, 'add', a, b));
  if (total === broken) return broken;
  const [, oh, ow] = total.type.shape;
  return transpose(scope, reshape(scope, total, [n, count, oh, ow, outputs]), [0, 4, 1, 2, 3]);
}

/** Frames of zeros. */
const pad = (scope: Scope, x: Value, before: number, after: number): Value =>
  before === 0 && after === 0
    ? x
    : scope.call(
        { kind: 'pad', before: [0, before, 0, 0, 0], after: [0, after, 0, 0, 0], mode: 'constant', value: 0 },
        x,
      );
