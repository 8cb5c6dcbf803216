/** The largest or the average pixel below a window that slides over each channel. */
import {
  accumulate,
  add,
  assign,
  cast,
  declare,
  div,
  f32,
  i32,
  local,
  loop,
  max,
  min,
  mul,
  nest,
  scalarOf,
  sub,
} from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import type { DType } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { attributeFault, dtypeFault, flag, mostPixels, oneOf, rankFault, resultType, wholes } from './check.ts';
import { slid } from './conv2d.ts';
import type { Rules } from './rules.ts';

/** x: [n, h, w, c], f32, or i32 for `max`. Padding is never the largest. NaN is passed over by `max`. */
export interface Pool2d {
  readonly kind: 'pool2d';
  readonly fn: 'max' | 'avg';
  /** Height and width. */
  readonly window: readonly number[];
  /** Down, across. */
  readonly stride: readonly number[];
  /** Top, left, bottom, right: less than the window, so that there is always a pixel below it. */
  readonly pad: readonly number[];
  /** Whether an average divides by the whole window where part of it is on padding. */
  readonly countPad: boolean;
}

const lowest = (dtype: DType): number => (dtype === 'i32' ? -(2 ** 31) : -Infinity);

export const pool2d: Rules<Pool2d> = {
  doc: 'the largest or the average pixel below a sliding window',
  operands: () => ['x'],

  infer(op, types) {
    const fault =
      attributeFault(op, {
        fn: oneOf('max', 'avg'),
        window: wholes(2, 1, mostPixels),
        stride: wholes(2, 1, mostPixels),
        pad: wholes(4, 0, mostPixels),
        countPad: flag,
      }) ??
      (op.fn === 'max' && types.x.dtype === 'i32' ? undefined : dtypeFault(types, 'f32')) ??
      rankFault(types, { x: 4 });
    if (fault) return fault;
    const { window, stride, pad } = op;
    const [n, h, w, c] = types.x.shape;
    if (pad.some((p, side) => p >= window[side % 2]))
      return `has a window of ${window.join('x')} that padding of [${pad.join(', ')}] can cover`;
    const [ph, pw] = [h + pad[0] + pad[2], w + pad[1] + pad[3]];
    const oh = slid(ph, window[0], stride[0], 1);
    const ow = slid(pw, window[1], stride[1], 1);
    if (!(oh >= 1 && ow >= 1))
      return `has a window of ${window.join('x')} that does not fit the padded input of ${ph}x${pw}`;
    return resultType(types.x.dtype, [n, oh, ow, c]);
  },

  evaluate({ fn, window, stride, pad, countPad }, { x }, { dtype, shape: [n, oh, ow, c] }) {
    const [, h, w] = x.type.shape;
    const out = zeros(dtype, n * oh * ow * c);
    let at = 0;
    for (let b = 0; b < n; b++)
      for (let y = 0; y < oh; y++)
        for (let z = 0; z < ow; z++) {
          const [top, left] = [y * stride[0] - pad[0], z * stride[1] - pad[1]];
          const [yFrom, yTo] = [Math.max(top, 0), Math.min(top + window[0], h)];
          const [xFrom, xTo] = [Math.max(left, 0), Math.min(left + window[1], w)];
          const count = countPad ? window[0] * window[1] : (yTo - yFrom) * (xTo - xFrom);
          for (let k = 0; k < c; k++) {
            let [total, largest] = [0, lowest(dtype)];
            for (let iy = yFrom; iy < yTo; iy++)
              for (let ix = xFrom; ix < xTo; ix++) {
                const value = x.data[((b * h + iy) * w + ix) * c + k];
                total += value;
                if (largest < value) largest = value;
              }
            out[at++] = fn === 'max' ? largest : total / count;
          }
        }
    return out;
  },

  lower({ fn, window, stride, pad, countPad }, { types: { x }, arrays, result: { type, array } }) {
    const [, h, w] = x.shape;
    return nest(
      type.shape,
      ([b, y, z, c]) => {
        const acc = local('acc', scalarOf(type.dtype));
        const [top, left] = [sub(mul(y, stride[0]), pad[0]), sub(mul(z, stride[1]), pad[1])];
        const [yFrom, xFrom] = [pad[0] === 0 ? top : max(top, 0), pad[1] === 0 ? left : max(left, 0)];
        const yTo = pad[2] === 0 ? add(top, window[0]) : min(add(top, window[0]), h);
        const xTo = pad[3] === 0 ? add(left, window[1]) : min(add(left, window[1]), w);
        const count = countPad ? f32(window[0] * window[1]) : cast('f32', mul(sub(yTo, yFrom), sub(xTo, xFrom)));
        return [
          declare(acc, fn === 'avg' ? f32(0) : type.dtype === 'i32' ? i32(lowest('i32')) : f32(-Infinity)),
          ...loop('iy', yFrom, yTo, (iy) =>
            loop('ix', xFrom, xTo, (ix) => {
              const value = read(arrays.x, x, [b, iy, ix, c]);
              return [fn === 'max' ? assign(acc, max(acc, value)) : accumulate(acc, value)];
            }),
          ),
          write(array, type, [b, y, z, c], fn === 'max' ? acc : div(acc, count)),
        ];
      },
      ['b', 'y', 'z', 'c'],
    );
  },
};
