/** The largest or the average number below windows over one, two or three spatial axes, as pools of images. */
import type { DType } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { binary, cast, reshape, transpose } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import type { Layer } from '../layer.ts';
import { cut, fromImage, planar, toImage } from './images.ts';
import type { Windows } from './windows.ts';
import { automaticOf, reach, windowsOf } from './windows.ts';

export interface PoolWindows extends Windows {
  /** How many places the window has along each spatial axis. */
  readonly places: readonly number[];
}

/** What an average divides by: the pixels below the window, those and the padding, or all that fits below it. */
export type Divisor = 'pixels' | 'padded' | 'window';

/** Undefined after a failure. */
export function poolWindows(l: Layer, x: Value): PoolWindows | undefined {
  const { shape } = x.type;
  if (x === broken) return undefined;
  if (shape.length < 3 || shape.length > 5) {
    l.fail(`works on one to three spatial axes and is given an input of [${shape.join(', ')}]`);
    return undefined;
  }
  const image = shape.slice(2);
  const windows = windowsOf(l, image);
  if (!windows) return undefined;
  const { kernel, stride, dilation, before, after } = windows;
  const up = automaticOf(l) === 'NOTSET' && l.flag('ceil_mode', false);
  const places = image.map((d, i) => {
    const rest = d + before[i] + after[i] - reach(kernel[i], dilation[i]);
    const count = (up ? Math.ceil(rest / stride[i]) : Math.floor(rest / stride[i])) + 1;
    // The last window starts on the picture or on the padding before it.
    return up && (count - 1) * stride[i] >= d + before[i] ? count - 1 : count;
  });
  if (places.every((p) => p >= 1)) return { ...windows, places };
  l.fail(`has a window of ${kernel.join('x')} that does not fit the input of [${shape.join(', ')}]`);
  return undefined;
}

export const lowest = (dtype: DType): number => (dtype === 'i32' ? -(2 ** 31) : -Infinity);

type Function = 'max' | 'avg';

interface Pooled {
  readonly x: Value;
  readonly windows: PoolWindows;
}

export function pool(scope: Scope, input: Value, fn: Function, given: PoolWindows, divisor: Divisor): Value {
  const pooled = cut(scope, fn === 'avg' ? cast(scope, input, 'f32') : input, given);
  const isDilated = pooled.windows.dilation.some((d, i) => d > 1 && pooled.windows.kernel[i] > 1);
  const isOver = pooled.windows.places.some((_, i) => lacking(pooled, i) > pooled.windows.after[i]);
  // Padding that counts is as good as pixels.
  const counts = fn === 'avg' && divisor === 'padded' && (isDilated || isOver);
  const full = counts ? padded(scope, pooled) : pooled;
  const by: Divisor = counts ? 'pixels' : divisor;
  if (!isDilated) return slide(scope, full, fn, by !== 'pixels');
  return full.windows.dilation.reduce<(p: Pooled) => Value>(
    (next, d, i) => (d > 1 && full.windows.kernel[i] > 1 ? (p) => undilated(scope, p, i, fn, by, next) : next),
    (p) => slide(scope, p, fn, by !== 'pixels'),
  )(full);
}

/** How much padding the last window needs after the picture. */
function lacking({ x, windows: { kernel, stride, dilation, before, places } }: Pooled, i: number): number {
  return Math.max(0, (places[i] - 1) * stride[i] + reach(kernel[i], dilation[i]) - before[i] - x.type.shape[i + 2]);
}

const border = (scope: Scope, x: Value, before: readonly number[], after: readonly number[], value: number): Value =>
  [...before, ...after].every((p) => p === 0)
    ? x
    : scope.call({ kind: 'pad', before: [0, 0, ...before], after: [0, 0, ...after], mode: 'constant', value }, x);

function padded(scope: Scope, { x, windows }: Pooled): Pooled {
  const none = windows.before.map(() => 0);
  return {
    x: border(scope, x, windows.before, windows.after, 0),
    windows: { ...windows, before: none, after: none },
  };
}

/** More taps of dilated windows along one axis are not listed. */
const mostTaps = 2 ** 18;

/** Along spatial axis i, the taps of each window side by side, so that windows need no dilation. */
function undilated(
  scope: Scope,
  pooled: Pooled,
  i: number,
  fn: Function,
  divisor: Divisor,
  next: (pooled: Pooled) => Value,
): Value {
  const { x, windows } = pooled;
  const [kernel, stride, dilation] = [windows.kernel[i], windows.stride[i], windows.dilation[i]];
  const [before, places, length] = [windows.before[i], windows.places[i], x.type.shape[i + 2]];
  if (places * kernel > mostTaps)
    return scope.fail(`has ${places} windows of ${kernel} taps with gaps, and at most ${mostTaps} taps are read`);
  const only = (value: number): readonly number[] => windows.kernel.map((_, axis) => (axis === i ? value : 0));
  const value = fn === 'max' ? lowest(x.type.dtype) : 0;
  const wide = border(scope, x, only(before), only(lacking(pooled, i)), value);
  const taps = Int32Array.from({ length: places * kernel }, (_, t) => {
    return Math.floor(t / kernel) * stride + (t % kernel) * dilation;
  });
  const beside = scope.call({ kind: 'gather', axis: i + 2 }, wide, scope.known(taps, [taps.length], 'taps'));
  const result = next({
    x: beside,
    windows: {
      ...windows,
      stride: windows.stride.with(i, kernel),
      dilation: windows.dilation.with(i, 1),
      before: windows.before.with(i, 0),
      after: windows.after.with(i, 0),
    },
  });
  if (fn === 'max' || divisor === 'window') return result;
  const shares = Float32Array.from({ length: places }, (_, place) => {
    const own = taps.subarray(place * kernel, (place + 1) * kernel);
    const met = own.filter((tap) => tap >= before && tap < before + length).length;
    return kernel / Math.max(1, met);
  });
  if (shares.every((s) => s === 1)) return result;
  const shape = x.type.shape.map((_, axis) => (axis === i + 2 ? places : 1));
  return binary(scope, 'mul', result, scope.known(shares, shape, 'shares'));
}

/** Windows without gaps. */
function slide(scope: Scope, pooled: Pooled, fn: Function, countPad: boolean): Value {
  const { x, windows } = pooled;
  const spatial = windows.kernel.length;
  const full: Windows = { ...windows, after: windows.kernel.map((_, i) => lacking(pooled, i)) };
  const below = (image: Value, { kernel, stride, before, after }: Windows): Value =>
    scope.call({ kind: 'pool2d', fn, window: kernel, stride, pad: [...before, ...after], countPad }, image);
  if (spatial < 3) {
    const result = below(toImage(scope, x), planar(full));
    return result === broken ? broken : fromImage(scope, result, spatial);
  }
  const frames = transpose(scope, x, [0, 2, 3, 4, 1]);
  const [n, d, h, w, c] = frames.type.shape;
  const [, oh, ow] = windows.places;
  const flat = below(reshape(scope, frames, [n * d, h, w, c]), along(full, [1, 2]));
  const column = along(full, [0, 3]);
  const deep = below(reshape(scope, flat, [n, d, oh * ow, c]), column);
  return transpose(scope, reshape(scope, deep, [n, windows.places[0], oh, ow, c]), [0, 4, 1, 2, 3]);
}

/** Two of the axes; one that there is none of has windows of one. */
function along({ kernel, stride, dilation, before, after }: Windows, axes: readonly number[]): Windows {
  const pick = (list: readonly number[], otherwise: number): readonly number[] =>
    axes.map((axis) => list[axis] ?? otherwise);
  return {
    kernel: pick(kernel, 1),
    stride: pick(stride, 1),
    dilation: pick(dilation, 1),
    before: pick(before, 0),
    after: pick(after, 0),
  };
}
