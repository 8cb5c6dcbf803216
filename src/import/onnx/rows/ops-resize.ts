/** ONNX's Resize, and Upsample, which it was before. */
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { axisOf } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { resize } from './resize.ts';
import type { Axis, Method } from './resize-places.ts';
import { coordinateModes, nearestModes } from './resize-places.ts';

/** One of some words; the first, after a failure, for any other. */
function word<W extends string>(l: Layer, name: string, words: readonly W[], otherwise: W): W {
  const given = l.text(name, otherwise);
  const found = words.find((w) => w === given);
  if (!found) l.fail(`takes ${words.map((w) => `"${w}"`).join(', ')} as "${name}" and is given another word`);
  return found ?? words[0];
}

const modes = ['nearest', 'linear', 'cubic'] as const;

const resizeTo: Row = (l) => {
  const x = l.operand(0);
  if (x === broken) return broken;
  const { shape } = x.type;
  const crops = l.text('coordinate_transformation_mode', '') === 'tf_crop_and_resize';
  const axes = l.ints('axes', [...shape.keys()]).map((axis) => axisOf(l, axis, shape.length));
  if (new Set(axes).size !== axes.length) return l.fail('resizes one axis twice');
  const roi = crops ? l.reals(1, 'region') : [];
  if (crops && !l.failed && roi.length !== 2 * axes.length)
    return l.fail(`takes ${2 * axes.length} numbers as region and is given ${roi.length}`);
  const part = (i: number): Axis['roi'] => (crops ? [roi[i], roi[i + axes.length]] : [0, 1]);
  const spans = given(l, 2) ? byScales(l, l.reals(2, 'scales'), axes, shape) : bySizes(l, axes, shape);
  if (l.failed) return broken;
  const all = shape.map((from, axis): Axis => {
    const i = axes.indexOf(axis);
    return i < 0 ? { from, to: from, scale: 1, roi: [0, 1] } : { from, ...spans[i], roi: part(i) };
  });
  const method: Method = {
    mode: word(l, 'mode', modes, 'nearest'),
    coordinates: word(l, 'coordinate_transformation_mode', coordinateModes, 'half_pixel'),
    nearest: word(l, 'nearest_mode', nearestModes, 'round_prefer_floor'),
    a: l.float('cubic_coeff_a', -0.75),
    excludeOutside: l.flag('exclude_outside', false),
    antialias: l.flag('antialias', false),
  };
  l.gives(l.element(0));
  return l.failed ? broken : resize(l, x, all, method, l.float('extrapolation_value', 0));
};

/** Whether an operand is there and not empty, as exporters write those that are left out. */
const given = (l: Layer, index: number): boolean => {
  const value = l.optional(index);
  return value !== undefined && elements(value.type.shape) > 0;
};

type Span = Pick<Axis, 'to' | 'scale'>;

/** Lengths in single precision, as runtimes compute them. */
function byScales(
  l: Layer,
  scales: readonly number[],
  axes: readonly number[],
  shape: readonly number[],
): readonly Span[] {
  if (l.failed) return [];
  if (scales.length !== axes.length) l.fail(`takes ${axes.length} scales and is given ${scales.length}`);
  else if (!scales.every((s) => s > 0 && s < 2 ** 24)) l.fail(`takes scales above zero and is given [${scales}]`);
  return scales.map((scale, i) => ({ to: Math.floor(Math.fround(shape[axes[i]] * scale)), scale }));
}

const policies = ['stretch', 'not_larger', 'not_smaller'] as const;

function bySizes(l: Layer, axes: readonly number[], shape: readonly number[]): readonly Span[] {
  const sizes = l.numbers(3, 'sizes');
  if (l.failed) return [];
  if (sizes.length !== axes.length || !sizes.every((s) => s >= 1))
    l.fail(`takes ${axes.length} sizes above zero and is given [${sizes}]`);
  const policy = word(l, 'keep_aspect_ratio_policy', policies, 'stretch');
  const ratios = sizes.map((size, i) => size / shape[axes[i]]);
  if (policy === 'stretch') return sizes.map((to, i) => ({ to, scale: ratios[i] }));
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return axes.map((axis) => ({ to: Math.floor(scale * shape[axis] + 0.5), scale }));
}

/** As Resize was in its first version: nothing but scales. */
function scaled(l: Layer, scales: readonly number[]): Value {
  const x = l.operand(0);
  const { shape } = x.type;
  const spans = byScales(l, scales, [...shape.keys()], shape);
  const mode = word(l, 'mode', ['nearest', 'linear', 'bilinear'], 'nearest');
  if (l.failed || x === broken) return broken;
  const method: Method = {
    mode: mode === 'bilinear' ? 'linear' : mode,
    coordinates: 'asymmetric',
    nearest: 'outwards',
    a: 0,
    excludeOutside: false,
    antialias: false,
  };
  l.gives(l.element(0));
  return resize(
    l,
    x,
    shape.map((from, i): Axis => ({ from, ...spans[i], roi: [0, 1] })),
    method,
    0,
  );
}

export const resizeRows: Rows = {
  Resize: (l) => (l.opset < 11 ? scaled(l, l.reals(1, 'scales')) : resizeTo(l)),
  Upsample: (l) => scaled(l, l.opset < 9 ? l.floats('scales') : l.reals(1, 'scales')),
};
