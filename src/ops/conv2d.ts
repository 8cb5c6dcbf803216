/** 2-D convolution (cross-correlation), grouped, strided, dilated and padded with zeros. */
import type { Expr } from '../loop/loop.ts';
import {
  accumulate,
  add,
  both,
  declare,
  div,
  less,
  load,
  local,
  mod,
  mul,
  nest,
  scalarOf,
  sub,
  when,
} from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { attributeFault, mostPixels, rankFault, resultType, whole, wholes } from './check.ts';
import { depthwise } from './depthwise.ts';
import { activations, epilogueFault, epilogueOf, layerFault, lowerEpilogue, weightedOperands } from './epilogue.ts';
import { fitsDoubles, gridOf, magnitude, matrixProduct, products } from './products.ts';
import { hasResidual, residualFault, withResidual } from './residual.ts';
import type { Rules } from './rules.ts';
import type { Activation } from './scalar.ts';
import { windowsOf } from './windows.ts';

/**
 * x: [n, h, w, i], weights: [o, kh, kw, i / groups], bias: [o], slope (with activation `prelu`): [o] or [1], and last,
 * with `residual`, a value of the result's shape. The result is activation(x ∗ weights + bias + residual).
 * All are f32, or all i32 with sums that wrap around. A depthwise convolution has groups = i. Output channel c reads the input channels of group floor(c · groups / o).
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
  /** Whether there is a value to be added, as the last operand. */
  readonly residual?: true;
}

/** How many places a window of `kernel` taps has along an axis; less than one when it does not fit. */
export const slid = (size: number, kernel: number, stride: number, dilation: number): number =>
  Math.floor((size - (kernel - 1) * dilation - 1) / stride) + 1;

export const conv2d: Rules<Conv2d> = {
  doc: '2-D convolution with bias, residual sum and activation',
  operands: (op) => withResidual(op, weightedOperands(op)),

  infer(op, types) {
    const fault =
      attributeFault(op, {
        stride: wholes(2, 1, mostPixels),
        dilation: wholes(2, 1, mostPixels),
        pad: wholes(4, 0, mostPixels),
        groups: whole(1),
        activation: activations,
        residual: hasResidual,
      }) ??
      layerFault(op, types) ??
      rankFault(types, { x: 4, weights: 4 });
    if (fault) return fault;
    const { stride, dilation, pad, groups } = op;
    const [n, h, w, i] = types.x.shape;
    const [o, kh, kw, ig] = types.weights.shape;
    if (ig * groups !== i) return `takes ${ig * groups} channels and is given ${i}`;
    if (o % groups !== 0) return `cannot share ${o} outputs among ${groups} groups`;
    const [ph, pw] = [h + pad[0] + pad[2], w + pad[1] + pad[3]];
    const oh = slid(ph, kh, stride[0], dilation[0]);
    const ow = slid(pw, kw, stride[1], dilation[1]);
    if (!(oh >= 1 && ow >= 1))
      return `has a kernel of ${kh}x${kw} taps that does not fit the padded input of ${ph}x${pw}`;
    return epilogueFault(o, types) ?? residualFault([n, oh, ow, o], types) ?? resultType(types.x.dtype, [n, oh, ow, o]);
  },

  evaluate(op, { x, weights, bias, slope, residual }, { dtype, shape }) {
    const { stride, dilation, pad, groups } = op;
    const [n, oh, ow, o] = shape;
    const [, kh, kw, ig] = weights.type.shape;
    const filters = gridOf(weights.data, o, kh * kw * ig);
    const windows = { shape: x.type.shape, taps: [kh, kw], places: [oh, ow], stride, dilation, pad, groups };
    const sums = (): Float64Array => {
      if (kh * kw * groups * stride[0] * stride[1] === 1 && pad.every((p) => p === 0))
        return matrixProduct(dtype, gridOf(x.data, n * oh * ow, ig), filters);
      const apart = groups > 1 && o === groups && ig === 1;
      if (apart && fitsDoubles(dtype, filters, magnitude(gridOf(x.data, 1, x.data.length))))
        return depthwise(x.data, weights.data, windows);
      return products(dtype, filters, groups, windowsOf(x.data, windows));
    };
    const totals = sums();
    const finish = epilogueOf(op, slope);
    const out = zeros(dtype, elements(shape));
    for (let at = 0; at < out.length; at += o)
      for (let c = 0; c < o; c++) {
        const total = totals[at + c] + bias.data[c] + (residual ? residual.data[at + c] : 0);
        out[at + c] = finish(dtype === 'i32' ? total | 0 : total, c);
      }
    return out;
  },

  columns: (_op, { shape: [, kh, kw, ig] }) => ({ columns: kh * kw * ig, run: ig }),

  plane({ pad: [top, left, bottom, right], dilation }, { x, weights }) {
    const [, h, w] = x.shape;
    const pitch = w + Math.max(left, right);
    return { across: weights.shape[2], dilation, pitch, size: (h + Math.max(top, bottom)) * pitch };
  },

  macs: (_op, { weights }, { shape: [n, oh, ow] }) => n * oh * ow * elements(weights.shape),

  lower(op, { types, arrays, result, walk }) {
    const { stride, dilation, pad, groups } = op;
    const [, h, w] = types.x.shape;
    const [, , kw, ig] = types.weights.shape;
    const [n, oh, ow, o] = result.type.shape;
    return nest(
      [n, oh, ow, o],
      ([b, y, z, c]) => {
        const acc = local('acc', scalarOf(result.type.dtype));
        const bias = load(arrays.bias, c);
        return [
          declare(acc, op.residual ? add(bias, read(arrays.residual, types.residual, [b, y, z, c])) : bias),
          ...walk(c, (column, value) => {
            const [tap, channel] = [div(column, ig), mod(column, ig)];
            const iy = sub(add(mul(y, stride[0]), mul(div(tap, kw), dilation[0])), pad[0]);
            const ix = sub(add(mul(z, stride[1]), mul(mod(tap, kw), dilation[1])), pad[1]);
            const group = groups === 1 ? channel : add(mul(div(mul(c, groups), o), ig), channel);
            const body = [accumulate(acc, mul(value, read(arrays.x, types.x, [b, iy, ix, group])))];
            const inside = [...within(iy, h, pad[0] + pad[2] > 0), ...within(ix, w, pad[1] + pad[3] > 0)];
            return inside.length === 0 ? body : [when(inside.reduce(both), body)];
          }),
          write(result.array, result.type, [b, y, z, c], lowerEpilogue(op, acc, c, arrays)),
        ];
      },
      ['b', 'y', 'z', 'c'],
    );
  },
};

/** Conditions under which a coordinate is on the picture. */
export const within = (i: Expr, size: number, padded: boolean): readonly Expr[] =>
  padded ? [less(-1, i), less(i, size)] : [];
