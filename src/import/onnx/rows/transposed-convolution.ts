/** Transposed convolutions over one, two or three spatial axes. */
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { reshape, transpose } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import type { Layer } from '../layer.ts';
import { areImages, convolve } from './convolution.ts';
import { fromImage, planar, toImage } from './images.ts';
import type { Windows } from './windows.ts';
import { automaticOf, explicitPads, perAxis, reach, shared } from './windows.ts';
import { zerosOf } from './zeros.ts';

interface Transposed {
  /** [n, c, ...spatial]. */
  readonly x: Value;
  /** [c, o / groups, ...kernel]. */
  readonly weights: Value;
  readonly bias: Value | undefined;
  readonly groups: number;
  /** `before` and `after` are what is cut off the full result. */
  readonly windows: Windows;
  /** Sizes of the result along the spatial axes. */
  readonly size: readonly number[];
}

export function transposedConvolution(l: Layer): Value {
  const [x, weights, bias] = [l.operand(0), l.operand(1), l.optional(2)];
  if (!areImages(l, x, weights)) return broken;
  const groups = l.int('group', 1);
  const geometry = geometryOf(l, x.type.shape.slice(2), weights.type.shape.slice(2));
  if (!geometry) return broken;
  if (!(groups >= 1) || x.type.shape[1] % groups !== 0 || x.type.shape[1] !== weights.type.shape[0])
    return l.fail(
      `has weights for ${weights.type.shape[0]} channels in ${groups} groups and is given ${x.type.shape[1]}`,
    );
  const layer = { x, weights, bias, groups, ...geometry };
  const { windows } = layer;
  const isDirect = groups === 1 && x.type.shape.length < 5 && windows.before.every((b) => b >= 0);
  return isDirect ? scattered(l, layer) : stretched(l, layer);
}

function geometryOf(
  l: Layer,
  image: readonly number[],
  kernel: readonly number[],
): Pick<Transposed, 'windows' | 'size'> | undefined {
  const count = image.length;
  const ones = image.map(() => 1);
  const zeros = image.map(() => 0);
  const automatic = automaticOf(l);
  const named = perAxis(l, 'kernel_shape', count, kernel, 1);
  const stride = perAxis(l, 'strides', count, ones, 1);
  const dilation = perAxis(l, 'dilations', count, ones, 1);
  const extra = perAxis(l, 'output_padding', count, zeros, 0);
  const given = l.has('output_shape') ? outputShape(l, count) : undefined;
  const pads = explicitPads(l, count);
  if (!automatic || !named || !stride || !dilation || !extra || !pads || l.failed) return undefined;
  if (named.some((k, i) => k !== kernel[i])) {
    l.fail(`has weights for a kernel of ${kernel.join('x')} and "kernel_shape" [${named.join(', ')}]`);
    return undefined;
  }
  const full = image.map((d, i) => (d - 1) * stride[i] + extra[i] + reach(kernel[i], dilation[i]));
  const isSame = automatic === 'SAME_UPPER' || automatic === 'SAME_LOWER';
  const size = given ?? (isSame ? image.map((d, i) => d * stride[i]) : undefined);
  if (size) {
    const totals = full.map((d, i) => Math.max(0, d - size[i]));
    return { size, windows: { kernel, stride, dilation, ...shared(totals, automatic === 'SAME_UPPER') } };
  }
  const { before, after } = automatic === 'VALID' ? { before: zeros, after: zeros } : pads;
  return {
    size: full.map((d, i) => d - before[i] - after[i]),
    windows: { kernel, stride, dilation, before, after },
  };
}

/** Some exporters give the batch and the channels too. */
function outputShape(l: Layer, count: number): readonly number[] | undefined {
  const long = l.ints('output_shape').length === count + 2;
  return perAxis(l, 'output_shape', long ? count + 2 : count, undefined, 1)?.slice(long ? 2 : 0);
}

/** Each pixel added, weighted, to those that it reaches. */
function scattered(scope: Scope, { x, weights, bias, windows, size }: Transposed): Value {
  const spatial = size.length;
  const { stride, dilation, before, after } = planar(windows);
  const lines = spatial === 1 ? reshape(scope, weights, weights.type.shape.toSpliced(2, 0, 1)) : weights;
  const outputs = weights.type.shape[1];
  const result = scope.call(
    {
      kind: 'conv-transpose2d',
      stride,
      dilation,
      pad: [...before, ...after.map((a) => Math.max(0, a))],
      size: spatial === 1 ? [1, ...size] : size,
      activation: 'none',
    },
    toImage(scope, x),
    transpose(scope, lines, [1, 2, 3, 0]),
    bias ?? zerosOf(scope, 'f32', [outputs]),
  );
  return result === broken ? broken : fromImage(scope, result, spatial);
}

/**
 * A convolution, which knows groups and depth, of the input with zeros between its pixels, by the kernel turned round. It
 * multiplies by those zeros too.
 */
function stretched(scope: Scope, { x, weights, bias, groups, windows, size }: Transposed): Value {
  const { kernel, stride, dilation } = windows;
  const [n, c, ...image] = x.type.shape;
  const [, shared, ...taps] = weights.type.shape;
  const apart = reshape(scope, x, [n, c, ...image.flatMap((d) => [d, 1])]);
  const after = [0, 0, ...stride.flatMap((s) => [0, s - 1])];
  const spread = stride.every((s) => s === 1)
    ? x
    : scope.call({ kind: 'pad', before: after.map(() => 0), after, mode: 'constant', value: 0 }, apart);
  const long = image.map((d, i) => d * stride[i]);
  const byGroup = reshape(scope, weights, [groups, c / groups, shared, ...taps]);
  const swapped = transpose(scope, byGroup, [0, 2, 1, ...taps.map((_, i) => i + 3)]);
  const turned = scope.call(
    {
      kind: 'slice',
      begin: [0, 0, ...taps.map((t) => t - 1)],
      size: [groups * shared, c / groups, ...taps],
      step: [1, 1, ...taps.map(() => -1)],
    },
    reshape(scope, swapped, [groups * shared, c / groups, ...taps]),
  );
  const edge = kernel.map((k, i) => reach(k, dilation[i]) - 1);
  const before = edge.map((e, i) => e - windows.before[i]);
  return convolve(scope, {
    x: reshape(scope, spread, [n, c, ...long]),
    weights: turned,
    bias,
    groups,
    windows: {
      kernel,
      stride: stride.map(() => 1),
      dilation,
      before,
      after: size.map((d, i) => d - long[i] - before[i] + edge[i]),
    },
  });
}
