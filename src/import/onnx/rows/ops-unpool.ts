/** ONNX's MaxUnpool: the numbers that MaxPool found, where it found them, and zeros elsewhere. */
import { stridesOf } from '../../../ops/strides.ts';
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { binary, reshape, scalar } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { explicitPads, perAxis } from './windows.ts';

/** Pixels of the result in one plane, times the windows that each may come from. */
const mostChoices = 2 ** 20;
const mostPlanes = 2 ** 16;

/**
 * Each pixel of the result looks at the windows above it, whether one of them found its largest number here. A number
 * whose place lies outside its window, which no MaxPool gives, is lost.
 */
const unpool: Row = (l) => {
  const [x, indices] = [l.operand(0), l.operand(1)];
  if (x === broken || indices === broken) return broken;
  const [n, c, ...places] = x.type.shape;
  const count = places.length;
  if (count < 1 || indices.type.shape.join() !== x.type.shape.join() || indices.type.dtype !== 'i32')
    return l.fail(`takes numbers and their places, and is given [${x.type.shape}] and [${indices.type.shape}]`);
  const kernel = perAxis(l, 'kernel_shape', count, undefined, 1);
  const stride = perAxis(
    l,
    'strides',
    count,
    places.map(() => 1),
    1,
  );
  const pads = explicitPads(l, count);
  if (!kernel || !stride || !pads) return broken;
  const size = places.map((p, i) => (p - 1) * stride[i] + kernel[i] - pads.before[i] - pads.after[i]);
  const windows = kernel.map((k, i) => Math.ceil(k / stride[i]));
  if (size.some((s) => s < 1)) return l.fail(`would give [${[n, c, ...size].join(', ')}]`);
  if (!(elements(size) * elements(windows) <= mostChoices && n * c <= mostPlanes))
    return l.fail(`makes ${n * c} planes of ${size.join('x')} pixels, which is more than is read`);
  const [values, where] = [x, indices].map((v) => reshape(l, v, [n * c, elements(places)]));
  const plane = elements(size);
  const line = (count: number, step: number): Int32Array<ArrayBuffer> =>
    Int32Array.from({ length: count }, (_, i) => i * step);
  const pixels = l.known(line(plane, 1), [plane], 'pixels');
  const here = binary(l, 'add', pixels, l.known(line(n * c, plane), [n * c, 1], 'planes'));
  const zero = scalar(l, 0, x);
  const found = candidates(size, places, { kernel, stride, before: pads.before }, windows).reduce<Value>(
    (sum, from) => {
      const at = l.known(from, [plane], 'windows');
      const pick = (v: Value): Value => l.call({ kind: 'gather', axis: 1 }, v, at);
      return l.call({ kind: 'select' }, binary(l, 'equal', pick(where), here), pick(values), sum);
    },
    zero,
  );
  return enlarged(l, reshape(l, found, [n, c, ...size]));
};

interface Slid {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly before: readonly number[];
}

/** For each of the windows that a pixel may lie below, which it is; any other where there is none. */
function candidates(
  size: readonly number[],
  places: readonly number[],
  { stride, before }: Slid,
  windows: readonly number[],
): readonly Int32Array<ArrayBuffer>[] {
  const [byPixel, byPlace, byWindow] = [stridesOf(size), stridesOf(places), stridesOf(windows)];
  return Array.from({ length: elements(windows) }, (_, which) =>
    Int32Array.from({ length: elements(size) }, (_, pixel) =>
      size.reduce((flat, length, i) => {
        const at = Math.floor(pixel / byPixel[i]) % length;
        const back = Math.floor(which / byWindow[i]) % windows[i];
        const place = Math.floor((at + before[i]) / stride[i]) - back;
        return flat + Math.min(Math.max(place, 0), places[i] - 1) * byPlace[i];
      }, 0),
    ),
  );
}

/** To the shape that is asked for, by zeros at the ends. */
function enlarged(l: Layer, y: Value): Value {
  if (!l.optional(2) || l.failed) return y;
  const shape = l.numbers(2, 'shape');
  const after = y.type.shape.map((d, axis) => shape[axis] - d);
  if (l.failed || after.every((a) => a === 0)) return y;
  if (shape.length !== after.length || after.some((a) => !(a >= 0)))
    return l.fail(`makes [${y.type.shape.join(', ')}] and is to give [${shape.slice(0, 8).join(', ')}]`);
  return l.call({ kind: 'pad', before: after.map(() => 0), after, mode: 'constant', value: 0 }, y);
}

export const unpoolRows: Rows = { MaxUnpool: unpool };
