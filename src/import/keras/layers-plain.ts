/** Keras layers without weights: activations, merges, and those that move elements about. */
import type { BinaryName } from '../../ops/scalar.ts';
import { elements } from '../../tensor/type.ts';
import type { Value } from '../builder.ts';
import { axisOf, binary, cast, concat, reshape, scalar, slice, transpose, unary } from '../compose.ts';
import { leaky } from '../tfjs/ops-math.ts';
import { applyActivation } from './activations.ts';
import type { KerasLayer, KerasRow, KerasRows } from './layer.ts';
import { channelsLast } from './layers-weights.ts';

/** What a layer does while training only. */
const identity: KerasRow = (l) => l.input();

const rectified: KerasRow = (l) => {
  const x = cast(l, l.input(), 'f32');
  const [slope, threshold] = [l.number('negative_slope', 0), l.number('threshold', 0)];
  const top = l.has('max_value') ? l.number('max_value') : undefined;
  const capped = (y: Value): Value => (top === undefined ? y : binary(l, 'min', y, scalar(l, top, y)));
  if (threshold === 0 && slope === 0) return top === 6 ? unary(l, 'relu6', x) : capped(unary(l, 'relu', x));
  if (threshold === 0) return capped(leaky(l, x, slope));
  const below = binary(l, 'mul', scalar(l, slope, x), binary(l, 'sub', x, scalar(l, threshold, x)));
  return capped(l.call({ kind: 'select' }, binary(l, 'greater-equal', x, scalar(l, threshold, x)), x, below));
};

const thresholded: KerasRow = (l) => {
  const x = cast(l, l.input(), 'f32');
  const above = binary(l, 'greater', x, scalar(l, l.number('theta', 1), x));
  return binary(l, 'mul', x, cast(l, above, 'f32'));
};

const exponential: KerasRow = (l) => {
  const x = cast(l, l.input(), 'f32');
  const alpha = l.number('alpha', 1);
  if (alpha === 1) return unary(l, 'elu', x);
  const below = unary(l, 'elu', binary(l, 'min', x, scalar(l, 0, x)));
  return binary(l, 'add', unary(l, 'relu', x), binary(l, 'mul', scalar(l, alpha, x), below));
};

const softmax: KerasRow = (l) => {
  const x = cast(l, l.input(), 'f32');
  const axes = l.list('axis', [-1]);
  if (axes.length !== 1) return l.fail(`runs along ${axes.length} axes at once, which is not read`);
  return l.call({ kind: 'softmax', axis: axisOf(l, axes[0], x.type.shape.length) }, x);
};

/** Inputs with fewer axes get axes of size 1 after the batch, until all have as many. */
function level(l: KerasLayer): readonly Value[] {
  const rank = Math.max(...l.inputs.map((x) => x.type.shape.length));
  return l.inputs.map((x) => {
    const [n = 1, ...rest] = x.type.shape;
    return reshape(
      l,
      x,
      x.type.shape.length === 0
        ? Array<number>(rank).fill(1)
        : [n, ...Array<number>(rank - rest.length - 1).fill(1), ...rest],
    );
  });
}

const merge =
  (fn: BinaryName): KerasRow =>
  (l) => {
    if (l.inputs.length < 2) return l.fail(`takes two inputs or more and is given ${l.inputs.length}`);
    const [head, ...rest] = level(l);
    return rest.reduce((a, b) => binary(l, fn, a, b), head);
  };

const average: KerasRow = (l) => {
  const total = cast(l, merge('add')(l), 'f32');
  return binary(l, 'mul', total, scalar(l, 1 / l.inputs.length, total));
};

const reshapeTo: KerasRow = (l) => {
  const x = l.input();
  const [n = 1] = x.type.shape;
  const wanted = l.list('target_shape');
  const rest = wanted.reduce((a, d) => (d === -1 ? a : a * d), n);
  return reshape(l, x, [n, ...wanted.map((d) => (d === -1 ? elements(x.type.shape) / rest : d))]);
};

const permute: KerasRow = (l) => {
  const x = l.input();
  const dims = l.list('dims');
  if (dims.length !== x.type.shape.length - 1)
    return l.fail(`orders ${dims.length} axes of ${x.type.shape.length - 1}`);
  return transpose(l, x, [0, ...dims.map((d) => axisOf(l, d, x.type.shape.length))]);
};

/** [[before, after], …], [each, …], or one number for all. */
function borders(l: KerasLayer, field: string, axes: number): readonly (readonly number[])[] {
  const value = l.field(field);
  const whole = (v: unknown): v is number => typeof v === 'number' && Number.isInteger(v) && v >= 0;
  if (whole(value)) return Array.from({ length: axes }, () => [value, value]);
  if (Array.isArray(value) && axes === 1 && value.length === 2 && value.every(whole)) return [value];
  if (Array.isArray(value) && value.length === axes) {
    const pairs = value.map((v: unknown) => (whole(v) ? [v, v] : v));
    if (pairs.every((p): p is number[] => Array.isArray(p) && p.length === 2 && p.every(whole))) return pairs;
  }
  l.fail(`has no widths of borders as "${field}"`);
  return Array.from({ length: axes }, () => [0, 0]);
}

/** Borders of the axes between the batch and the channels. */
function inner(
  l: KerasLayer,
  field: string,
  axes: number,
): { readonly x: Value; readonly before: number[]; readonly after: number[] } {
  channelsLast(l);
  const x = l.input();
  const pairs = borders(l, field, axes);
  if (!l.failed && x.type.shape.length !== axes + 2)
    l.fail(`takes a ${axes + 2}-D value and is given [${x.type.shape.join(', ')}]`);
  return { x, before: [0, ...pairs.map(([b]) => b), 0], after: [0, ...pairs.map(([, a]) => a), 0] };
}

const zeroPadding =
  (axes: number): KerasRow =>
  (l) => {
    const { x, before, after } = inner(l, 'padding', axes);
    return l.call({ kind: 'pad', before, after, mode: 'constant', value: 0 }, x);
  };

const cropping =
  (axes: number): KerasRow =>
  (l) => {
    const { x, before, after } = inner(l, 'cropping', axes);
    return slice(
      l,
      x,
      before,
      x.type.shape.map((d, i) => d - before[i] - after[i]),
    );
  };

/** Bilinear goes from the corner of the first pixel, as TensorFlow.js does and Keras in Python does not. */
const upSampling: KerasRow = (l) => {
  channelsLast(l);
  const x = cast(l, l.input(), 'f32');
  const by = l.wholes('size', 2, [2, 2]);
  const method = l.text('interpolation', 'nearest');
  if (method !== 'nearest' && method !== 'bilinear')
    return l.fail(`interpolates by "${method}"; nearest and bilinear are read`);
  const size = [x.type.shape[1] * by[0], x.type.shape[2] * by[1]];
  return l.call({ kind: 'resize', method, size, coordinates: 'asymmetric', rounding: 'floor' }, x);
};

const flatten: KerasRow = (l) => {
  channelsLast(l);
  const x = l.input();
  const [n = 1] = x.type.shape;
  return reshape(l, x, [n, elements(x.type.shape) / n]);
};

const repeat: KerasRow = (l) => {
  const x = l.input();
  const [n, c] = x.type.shape;
  if (x.type.shape.length !== 2) return l.fail(`takes a 2-D value and is given [${x.type.shape.join(', ')}]`);
  return l.call({ kind: 'tile', repeats: [1, l.whole('n'), 1] }, reshape(l, x, [n, 1, c]));
};

const rescaling: KerasRow = (l) => {
  const x = cast(l, l.input(), 'f32');
  return binary(l, 'add', binary(l, 'mul', x, scalar(l, l.number('scale'), x)), scalar(l, l.number('offset', 0), x));
};

export const plainLayers: KerasRows = {
  Activation: (l) => applyActivation(l, cast(l, l.input(), 'f32')),
  ActivityRegularization: identity,
  Add: merge('add'),
  AlphaDropout: identity,
  Average: average,
  Concatenate: (l) => {
    const rank = l.inputs[0]?.type.shape.length ?? 0;
    return concat(l, l.inputs, axisOf(l, l.whole('axis', -1), rank));
  },
  Cropping1D: cropping(1),
  Cropping2D: cropping(2),
  Dropout: identity,
  ELU: exponential,
  Flatten: flatten,
  GaussianDropout: identity,
  GaussianNoise: identity,
  LeakyReLU: (l) => leaky(l, l.input(), l.has('negative_slope') ? l.number('negative_slope') : l.number('alpha', 0.3)),
  Maximum: merge('max'),
  Minimum: merge('min'),
  Multiply: merge('mul'),
  PReLU: (l) => binary(l, 'prelu', cast(l, l.input(), 'f32'), l.weight('alpha')),
  Permute: permute,
  ReLU: rectified,
  RepeatVector: repeat,
  Rescaling: rescaling,
  Reshape: reshapeTo,
  Softmax: softmax,
  SpatialDropout1D: identity,
  SpatialDropout2D: identity,
  Subtract: merge('sub'),
  ThresholdedReLU: thresholded,
  UpSampling2D: upSampling,
  ZeroPadding1D: zeroPadding(1),
  ZeroPadding2D: zeroPadding(2),
};
