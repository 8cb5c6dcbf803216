/** 2-D convolution (cross-correlation), grouped, strided, dilated and padded with zeros. */

import type { Expr } from '../loop/loop.ts';
import { accumulate, add, both, declare, div, less, load, local, mod, mul, nest, sub, when } from '../loop/loop.ts';
import type { TensorType } from '../tensor/type.ts';
import { tensor } from '../tensor/type.ts';
import { read, write } from './at.ts';
import type { Rules } from './rules.ts';
import type { Activation } from './scalar.ts';
import { activate, lowerActivation } from './scalar.ts';

/**
 * x: [n, h, w, i], weights: [o, kh, kw, i / groups], bias: [o], slope (with activation `prelu`): [o] or [1].
 * A depthwise convolution has groups = i. Output channel c reads the input channels of group floor(c · groups / o).
 */
export interface Conv2d {
  readonly kind: 'conv2d';
  /** Down, across. */
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Rows and columns of zeros: top, left, bottom, right. */
  readonly pad: readonly number[];
  readonly groups: number;
  readonly activation: Activation;
}

/** How many places a window of `kernel` taps has along an axis; less than one when it does not fit. */
export const slid = (size: number, kernel: number, stride: number, dilation: number): number =>
  Math.floor((size - (kernel - 1) * dilation - 1) / stride) + 1;

/** Why slope and bias do not fit `o` outputs, if they do not. */
export function epilogueFault(o: number, bias: TensorType, slope: TensorType | undefined): string | undefined {
  if (bias.shape.length !== 1 || bias.shape[0] !== o)
    return `has ${o} outputs and a bias of shape [${bias.shape.join(', ')}]`;
  if (slope && (slope.shape.length !== 1 || (slope.shape[0] !== o && slope.shape[0] !== 1)))
    return `has ${o} outputs and slopes of shape [${slope.shape.join(', ')}]`;
  return undefined;
}

export const conv2d: Rules<Conv2d> = {
  doc: '2-D convolution with bias and activation',
  operands: ({ activation }) => (activation === 'prelu' ? ['x', 'weights', 'bias', 'slope'] : ['x', 'weights', 'bias']),

  infer({ stride, dilation, pad, groups }, { x, weights, bias, slope }) {
    if (x.shape.length !== 4 || weights.shape.length !== 4)
      return `takes 4-D x and weights and is given ${x.shape.length}-D and ${weights.shape.length}-D`;
    const [n, h, w, i] = x.shape;
    const [o, kh, kw, ig] = weights.shape;
    if (ig * groups !== i) return `takes ${ig * groups} channels and is given ${i}`;
    if (o % groups !== 0) return `cannot share ${o} outputs among ${groups} groups`;
    const fault = epilogueFault(o, bias, slope);
    if (fault) return fault;
    const oh = slid(h + pad[0] + pad[2], kh, stride[0], dilation[0]);
    const ow = slid(w + pad[1] + pad[3], kw, stride[1], dilation[1]);
    if (!(oh >= 1 && ow >= 1))
      return `has a kernel of ${kh}x${kw} taps that does not fit the padded input of ${h + pad[0] + pad[2]}x${w + pad[1] + pad[3]}`;
    return tensor('f32', [n, oh, ow, o]);
  },

  evaluate({ stride, dilation, pad, groups, activation }, { x, weights, bias, slope }, { shape: [n, oh, ow, o] }) {
    const [, h, w, i] = x.type.shape;
    const [, kh, kw, ig] = weights.type.shape;
    const out = new Float32Array(n * oh * ow * o);
    for (let b = 0; b < n; b++)
      for (let y = 0; y < oh; y++)
        for (let z = 0; z < ow; z++)
          for (let c = 0; c < o; c++) {
            const first = Math.floor((c * groups) / o) * ig;
            let total = bias.data[c];
            for (let ky = 0; ky < kh; ky++) {
              const iy = y * stride[0] + ky * dilation[0] - pad[0];
              if (iy < 0 || iy >= h) continue;
              for (let kx = 0; kx < kw; kx++) {
                const ix = z * stride[1] + kx * dilation[1] - pad[1];
                if (ix < 0 || ix >= w) continue;
                const from = ((b * h + iy) * w + ix) * i + first;
                const tap = ((c * kh + ky) * kw + kx) * ig;
                for (let k = 0; k < ig; k++) total += x.data[from + k] * weights.data[tap + k];
              }
            }
            out[((b * oh + y) * ow + z) * o + c] = activate(
              activation,
              total,
              slope?.data[slope.data.length > 1 ? c : 0],
            );
          }
    return out;
  },

  columns: (_op, { shape: [, kh, kw, ig] }) => ({ columns: kh * kw * ig, run: ig }),

  macs: (_op, { weights }, { shape: [n, oh, ow] }) => n * oh * ow * weights.shape.reduce((a, d) => a * d, 1),

  lower({ stride, dilation, pad, groups, activation }, { types, arrays, result, walk }) {
    const [, h, w] = types.x.shape;
    const [, , kw, ig] = types.weights.shape;
    const [n, oh, ow, o] = result.type.shape;
    const acc = local('acc', 'f32');
    const slopeOf = (c: Expr): Expr => load(arrays.slope, arrays.slope.length > 1 ? c : 0);
    return nest(
      [n, oh, ow, o],
      ([b, y, z, c]) => [
        declare(acc, load(arrays.bias, c)),
        ...walk(c, (column, value) => {
          const [tap, channel] = [div(column, ig), mod(column, ig)];
          const iy = sub(add(mul(y, stride[0]), mul(div(tap, kw), dilation[0])), pad[0]);
          const ix = sub(add(mul(z, stride[1]), mul(mod(tap, kw), dilation[1])), pad[1]);
          const group = groups === 1 ? channel : add(mul(div(mul(c, groups), o), ig), channel);
          const body = [accumulate(acc, mul(value, read(arrays.x, types.x, [b, iy, ix, group])))];
          const inside = [...within(iy, h, pad[0] + pad[2] > 0), ...within(ix, w, pad[1] + pad[3] > 0)];
          return inside.length === 0 ? body : [when(inside.reduce(both), body)];
        }),
        write(
          result.array,
          result.type,
          [b, y, z, c],
          lowerActivation(activation, acc, () => slopeOf(c)),
        ),
      ],
      ['b', 'y', 'z', 'c'],
    );
  },
};

const within = (i: Expr, size: number, padded: boolean): readonly Expr[] =>
  padded ? [less(-1, i), less(i, size)] : [];
