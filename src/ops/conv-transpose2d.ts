/** 2-D transposed convolution: what a strided convolution does to gradients, used to enlarge pictures. */
import { accumulate, add, binary, both, declare, div, load, local, mod, mul, nest, sub, when } from '../loop/loop.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { attributeFault, dtypeFault, mostElements, mostPixels, rankFault, resultType, wholes } from './check.ts';
import { within } from './conv2d.ts';
import { activations, epilogueFault, epilogueOf, lowerEpilogue, weightedOperands } from './epilogue.ts';
import { gridOf, matrixProduct } from './products.ts';
import type { Rules } from './rules.ts';
import type { Activation } from './scalar.ts';

/**
 * x: [n, h, w, i], weights: [o, kh, kw, i], bias: [o], slope (with activation `prelu`): [o] or [1].
 * Pixel (y, z) of x is added, weighted by tap (ky, kx), to pixel
 * (y · stride + ky · dilation − top, z · stride + kx · dilation − left) of the result, where there is one.
 */
export interface ConvTranspose2d {
  readonly kind: 'conv-transpose2d';
  /** Down, across. */
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Rows and columns cut off the full result: top, left, bottom, right. What `size` leaves out is cut as well. */
  readonly pad: readonly number[];
  /** Height and width of the result. Where nothing is added there is bias alone. */
  readonly size: readonly number[];
  readonly activation: Activation;
}

/** What pixels add to the result is computed for some of them at a time, to be held. */
const mostProducts = 2 ** 22;

export const convTranspose2d: Rules<ConvTranspose2d> = {
  doc: '2-D transposed convolution with bias and activation',
  operands: weightedOperands,

  infer(op, types) {
    const fault =
      attributeFault(op, {
        stride: wholes(2, 1, mostPixels),
        dilation: wholes(2, 1, mostPixels),
        pad: wholes(4, 0, mostPixels),
        size: wholes(2, 1, mostPixels),
        activation: activations,
      }) ??
      dtypeFault(types, 'f32') ??
      rankFault(types, { x: 4, weights: 4 });
    if (fault) return fault;
    const { stride, dilation, size } = op;
    const [n, h, w, i] = types.x.shape;
    const [o, kh, kw, wi] = types.weights.shape;
    if (wi !== i) return `takes ${wi} channels and is given ${i}`;
    const full = [(h - 1) * stride[0] + (kh - 1) * dilation[0] + 1, (w - 1) * stride[1] + (kw - 1) * dilation[1] + 1];
    if (full.some((d) => d > mostElements)) return `would give ${full.join('x')} pixels before it is cut`;
    return epilogueFault(o, types) ?? resultType('f32', [n, size[0], size[1], o]);
  },

  evaluate(op, { x, weights, bias, slope }, { shape: [n, oh, ow, o] }) {
    const { stride, dilation, pad } = op;
    const [, h, w, i] = x.type.shape;
    const [, kh, kw] = weights.type.shape;
    const taps = kh * kw;
    const filters = gridOf(weights.data, o * taps, i);
    const totals = new Float64Array(n * oh * ow * o);
    for (let at = 0; at < totals.length; at += o) totals.set(bias.data, at);
    const pixels = n * h * w;
    const several = Math.max(1, Math.floor(mostProducts / filters.rows));
    for (let first = 0; first < pixels; first += several) {
      const some = { ...gridOf(x.data, Math.min(several, pixels - first), i), from: first * i };
      const products = matrixProduct('f32', some, filters);
      for (let p = 0; p < some.rows; p++) {
        const row = Math.floor((first + p) / w);
        for (let tap = 0; tap < taps; tap++) {
          const oy = (row % h) * stride[0] + Math.floor(tap / kw) * dilation[0] - pad[0];
          const ox = ((first + p) % w) * stride[1] + (tap % kw) * dilation[1] - pad[1];
          if (oy < 0 || oy >= oh || ox < 0 || ox >= ow) continue;
          const to = ((Math.floor(row / h) * oh + oy) * ow + ox) * o;
          for (let c = 0; c < o; c++) totals[to + c] += products[(p * o + c) * taps + tap];
        }
      }
    }
    const finish = epilogueOf(op, slope);
    const out = new Float32Array(totals.length);
    for (let at = 0; at < out.length; at++) out[at] = finish(totals[at], at % o);
    return out;
  },

  columns: (_op, { shape: [, kh, kw, i] }) => ({ columns: kh * kw * i, run: i }),

  macs: (_op, { x, weights }) => x.shape[0] * x.shape[1] * x.shape[2] * elements(weights.shape),

  /** Gathers instead: pixel y of the result takes row (y + top − ky · dilation) / stride of x, where that is whole. */
  lower(op, { types, arrays, result, walk }) {
    const { stride, dilation, pad } = op;
    const [, h, w, i] = types.x.shape;
    const [, , kw] = types.weights.shape;
    return nest(
      result.type.shape,
      ([b, y, z, c]) => {
        const acc = local('acc', 'f32');
        return [
          declare(acc, load(arrays.bias, c)),
          ...walk(c, (column, value) => {
            const tap = div(column, i);
            const down = sub(add(y, pad[0]), mul(div(tap, kw), dilation[0]));
            const across = sub(add(z, pad[1]), mul(mod(tap, kw), dilation[1]));
            const [iy, ix] = [div(down, stride[0]), div(across, stride[1])];
            const hits = [
              ...(stride[0] === 1 ? [] : [binary('==', mod(down, stride[0]), 0)]),
              ...(stride[1] === 1 ? [] : [binary('==', mod(across, stride[1]), 0)]),
              ...within(iy, h, true),
              ...within(ix, w, true),
            ];
            return [
              when(hits.reduce(both), [
                accumulate(acc, mul(value, read(arrays.x, types.x, [b, iy, ix, mod(column, i)]))),
              ]),
            ];
          }),
          write(result.array, result.type, [b, y, z, c], lowerEpilogue(op, acc, c, arrays)),
        ];
      },
      ['b', 'y', 'z', 'c'],
    );
  },
};
