/** ONNX operators that bring numbers to a common mean and spread. */
import type { Shape } from '../../../tensor/type.ts';
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { axisOf, binary, cast, reshape, scalar, unary } from '../../compose.ts';
import { reduceOver } from '../../compose-reduce.ts';
import type { Scope } from '../../scope.ts';
import type { Layer, Row, Rows } from '../layer.ts';

/** Numbers less their mean, the mean itself, and 1 / √(variance + ε). */
interface Moments {
  readonly centred: Value;
  readonly mean: Value;
  readonly variance: Value;
}

export function momentsOf(scope: Scope, x: Value, axes: readonly number[]): Moments {
  const mean = reduceOver(scope, 'mean', x, axes, true);
  const centred = binary(scope, 'sub', x, mean);
  return { mean, centred, variance: reduceOver(scope, 'mean', unary(scope, 'square', centred), axes, true) };
}

export const inverseRoot = (scope: Scope, x: Value, epsilon: number): Value =>
  unary(scope, 'rsqrt', binary(scope, 'add', x, scalar(scope, epsilon, x)));

/** With mean 0 and variance 1 along the axes. */
function standardised(scope: Scope, x: Value, axes: readonly number[], epsilon: number): Value {
  const { centred, variance } = momentsOf(scope, x, axes);
  return binary(scope, 'mul', centred, inverseRoot(scope, variance, epsilon));
}

const from = (axis: number, rank: number): readonly number[] => Array.from({ length: rank - axis }, (_, i) => axis + i);

/** One number for each channel, which is axis 1, in the shape that repeats along the others. */
const perChannel = (l: Layer, x: Value, rank: number): Value =>
  reshape(l, cast(l, x, 'f32'), [elements(x.type.shape), ...Array<number>(Math.max(rank - 2, 0)).fill(1)]);

const scaled = (l: Layer, x: Value, scale: Value, offset: Value | undefined): Value => {
  const y = binary(l, 'mul', x, scale);
  return offset ? binary(l, 'add', y, offset) : y;
};

const real = (l: Layer, index: number): Value => cast(l, l.operand(index), 'f32');
const realIf = (l: Layer, index: number): Value | undefined => {
  const x = l.optional(index);
  return x && cast(l, x, 'f32');
};

/** Over the last axes, from the one given on. */
const layer: Row = (l) => {
  const x = real(l, 0);
  const rank = x.type.shape.length;
  const axis = axisOf(l, l.int('axis', -1), rank);
  if (l.failed) return [];
  return layerNorm(l, x, axis, l.float('epsilon', 1e-5), [real(l, 1), realIf(l, 2)]);
};

/** The result, the means and the inverse deviations. */
export function layerNorm(
  l: Layer,
  x: Value,
  axis: number,
  epsilon: number,
  [scale, offset]: readonly [Value, Value | undefined],
): readonly Value[] {
  const whole = inOne(l, x, axis, epsilon, [scale, offset]);
  if (whole && l.outputs <= 1) return [whole];
  const { mean, centred, variance } = momentsOf(l, x, from(axis, x.type.shape.length));
  const inverse = inverseRoot(l, variance, epsilon);
  return [scaled(l, binary(l, 'mul', centred, inverse), scale, offset), mean, inverse];
}

/** The result alone, along the last axis, with a scale for each of its elements. */
function inOne(
  l: Layer,
  x: Value,
  axis: number,
  epsilon: number,
  [scale, offset]: readonly [Value, Value | undefined],
): Value | undefined {
  const channels = x.type.shape.at(-1) ?? 1;
  const fits = (value: Value): boolean => value.type.shape.length === 1 && value.type.shape[0] === channels;
  if (l.failed || axis !== x.type.shape.length - 1 || !(epsilon >= 0 && epsilon < Infinity)) return undefined;
  if (!fits(scale) || (offset && !fits(offset))) return undefined;
  const shift = offset ?? l.known(new Float32Array(channels), [channels], 'offset');
  return l.call({ kind: 'layer-norm', epsilon: Math.fround(epsilon) }, x, scale, shift);
}

/** Over the last axes, by the mean of the squares alone. */
const rms: Row = (l) => {
  const x = real(l, 0);
  const axis = axisOf(l, l.int('axis', -1), x.type.shape.length);
  if (l.failed) return [];
  return rmsNorm(l, x, axis, l.float('epsilon', 1e-5), real(l, 1));
};

/** The result and the inverse roots. */
export function rmsNorm(l: Layer, x: Value, axis: number, epsilon: number, scale: Value): readonly [Value, Value] {
  const squares = reduceOver(l, 'mean', unary(l, 'square', x), from(axis, x.type.shape.length), true);
  const inverse = inverseRoot(l, squares, epsilon);
  return [binary(l, 'mul', binary(l, 'mul', x, inverse), scale), inverse];
}

/** Each channel of each sample. */
const instance: Row = (l) => {
  const x = real(l, 0);
  const rank = x.type.shape.length;
  if (rank < 3) return l.fail(`normalises pictures and is given [${x.type.shape.join(', ')}]`);
  const y = standardised(l, x, from(2, rank), l.float('epsilon', 1e-5));
  return scaled(l, y, perChannel(l, l.operand(1), rank), perChannel(l, l.operand(2), rank));
};

/** Neighbouring channels together. There is a scale for each group in version 18, and one for each channel since. */
const group: Row = (l) => {
  const x = real(l, 0);
  const { shape } = x.type;
  const groups = l.int('num_groups');
  const [n, channels = 0] = shape;
  if (shape.length < 2 || !(groups >= 1) || channels % groups !== 0)
    return l.fail(`cannot share the channels of [${shape.join(', ')}] among ${groups} groups`);
  const size = elements(shape) / (n * groups);
  const y = standardised(l, reshape(l, x, [n, groups, size]), [2], l.float('epsilon', 1e-5));
  const spread = (index: number): Value => eachChannel(l, l.operand(index), groups, channels, shape);
  return scaled(l, reshape(l, y, shape), spread(1), spread(2));
};

/** A number for each group, repeated for its channels, or a number for each channel. */
function eachChannel(l: Layer, x: Value, groups: number, channels: number, shape: Shape): Value {
  const count = elements(x.type.shape);
  if (count === channels) return perChannel(l, x, shape.length);
  if (count !== groups) return l.fail(`has ${channels} channels in ${groups} groups and is given ${count} factors`);
  const repeated = l.call(
    { kind: 'tile', repeats: [1, channels / groups] },
    reshape(l, cast(l, x, 'f32'), [groups, 1]),
  );
  return perChannel(l, reshape(l, repeated, [channels]), shape.length);
}

/** By the sum of the sizes or the root of the sum of the squares along an axis; nothing stays nothing. */
const lp: Row = (l) => {
  const x = real(l, 0);
  const axis = axisOf(l, l.int('axis', -1), x.type.shape.length);
  const p = l.int('p', 2);
  if (p !== 1 && p !== 2) return l.fail(`takes 1 or 2 as "p" and is given ${p}`);
  if (l.failed) return [];
  const total = reduceOver(l, 'sum', unary(l, p === 1 ? 'abs' : 'square', x), [axis], true);
  return binary(l, 'div-no-nan', x, p === 1 ? total : unary(l, 'sqrt', total));
};

/** By the squares of the channels beside each. Their mean is a pooling along the channels, as if they were rows. */
const local: Row = (l) => {
  const x = real(l, 0);
  const { shape } = x.type;
  const size = l.int('size');
  if (shape.length < 2) return l.fail(`normalises channels and is given [${shape.join(', ')}]`);
  const squares = reshape(l, unary(l, 'square', x), [shape[0], shape[1], elements(shape.slice(2)), 1]);
  const pad = [Math.floor((size - 1) / 2), 0, Math.ceil((size - 1) / 2), 0];
  const mean = l.call({ kind: 'pool2d', fn: 'avg', window: [size, 1], stride: [1, 1], pad, countPad: true }, squares);
  const grown = binary(l, 'mul', mean, scalar(l, l.float('alpha', 1e-4), mean));
  const base = binary(l, 'add', grown, scalar(l, l.float('bias', 1), grown));
  const factor = binary(l, 'pow', base, scalar(l, -l.float('beta', 0.75), base));
  return binary(l, 'mul', x, reshape(l, factor, shape));
};

/** Along the axes given, with 1e-9 added to the deviation. */
const meanVariance: Row = (l) => {
  const x = real(l, 0);
  const rank = x.type.shape.length;
  const axes = [...new Set(l.ints('axes', [0, 2, 3]).map((a) => axisOf(l, a, rank)))];
  if (l.failed) return [];
  const { centred, variance } = momentsOf(l, x, axes);
  const deviation = unary(l, 'sqrt', variance);
  return binary(l, 'div', centred, binary(l, 'add', deviation, scalar(l, 1e-9, deviation)));
};

export const normaliseRows: Rows = {
  GroupNormalization: group,
  InstanceNormalization: instance,
  LRN: local,
  LayerNormalization: layer,
  LpNormalization: lp,
  MeanVarianceNormalization: meanVariance,
  RMSNormalization: rms,
  // What onnxruntime called it before it was one of the standard.
  SimplifiedLayerNormalization: rms,
};
