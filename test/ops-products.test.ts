/** Operators that multiply matrices, against loops that say what they mean and nothing else. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, test } from 'vitest';
import type { Op } from '../src/ops/index.ts';
import { rulesOf } from '../src/ops/index.ts';
import type { Value } from '../src/ops/rules.ts';
import { zeros } from '../src/tensor/numbers.ts';
import type { DType, Shape } from '../src/tensor/type.ts';
import { elements, tensor } from '../src/tensor/type.ts';

type Add = (total: number, a: number, b: number) => number;

/** Sums of f32 in doubles; of i32 in 32 bits. */
const adders: Readonly<Record<'f32' | 'i32', Add>> = {
  f32: (total, a, b) => total + a * b,
  i32: (total, a, b) => (total + Math.imul(a, b)) | 0,
};

const generator = xoroshiro128plus(20);
const draw = (from: number, to: number): number => uniformInt(generator, from, to);

/** So many in a hundred are 0. Whole numbers of `reach` bits; of real ones, such with a fraction. */
function drawn(dtype: DType, shape: Shape, reach: number, sparsity = 0): Value {
  const data = zeros(dtype, elements(shape));
  const scale = dtype === 'f32' ? 2 ** -reach / 3 : 1;
  for (let i = 0; i < data.length; i++)
    if (draw(0, 99) >= sparsity) data[i] = scale * draw(-(2 ** reach) + 1, 2 ** reach - 1);
  return { type: tensor(dtype, shape), data };
}

function meaning(op: Op, values: Readonly<Record<string, Value>>) {
  const types = Object.fromEntries(Object.entries(values).map(([name, { type }]) => [name, type]));
  const type = rulesOf(op).infer(op, types);
  if (typeof type === 'string') throw new Error(type);
  return { data: rulesOf(op).evaluate(op, values, type), shape: type.shape };
}

function expectClose(dtype: DType, got: ArrayLike<number>, want: readonly number[]): void {
  if (dtype === 'i32') expect(Array.from(got)).toEqual(want);
  else
    for (let i = 0; i < want.length; i++)
      expect(Math.abs(got[i] - want[i])).toBeLessThan(1e-6 * (1 + Math.abs(want[i])));
  expect(got.length).toBe(want.length);
}

type Conv = Extract<Op, { kind: 'conv2d' }>;

function slowConvolution(
  op: Conv,
  { x, weights, bias, residual }: Readonly<Record<string, Value>>,
  shape: Shape,
  add: Add,
) {
  const [[n, oh, ow, o], [, h, w, i], [, kh, kw, ig]] = [shape, x.type.shape, weights.type.shape];
  const out: number[] = [];
  for (let b = 0; b < n; b++)
    for (let y = 0; y < oh; y++)
      for (let z = 0; z < ow; z++)
        for (let c = 0; c < o; c++) {
          let total = add(add(0, bias.data[c], 1), residual.data[out.length], 1);
          for (let ky = 0; ky < kh; ky++)
            for (let kx = 0; kx < kw; kx++)
              for (let k = 0; k < ig; k++) {
                const iy = y * op.stride[0] + ky * op.dilation[0] - op.pad[0];
                const ix = z * op.stride[1] + kx * op.dilation[1] - op.pad[1];
                if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
                const channel = Math.floor((c * op.groups) / o) * ig + k;
                const value = x.data[((b * h + iy) * w + ix) * i + channel];
                total = add(total, value, weights.data[((c * kh + ky) * kw + kx) * ig + k]);
              }
          out.push(total);
        }
  return out;
}

/** Bits of whole numbers: sums of those with 8 stay below 2^53, those with 30 leave it. */
const reaches: readonly (readonly ['f32' | 'i32', number])[] = [
  ['f32', 8],
  ['i32', 8],
  ['i32', 30],
];

describe.each(reaches)('of %s with %i bits', (dtype, reach) => {
  const add = adders[dtype];

  const convolve = (of: Partial<Conv>, size: Shape, kernel: Shape, sparsity: number): void => {
    const [n, h, w, i] = size;
    const [o, kh, kw] = kernel;
    const op: Conv = {
      kind: 'conv2d',
      stride: [1, 1],
      dilation: [1, 1],
      pad: [0, 0, 0, 0],
      groups: 1,
      activation: 'none',
      residual: true,
      ...of,
    };
    const { stride, dilation, pad } = op;
    const oh = Math.floor((h + pad[0] + pad[2] - (kh - 1) * dilation[0] - 1) / stride[0]) + 1;
    const ow = Math.floor((w + pad[1] + pad[3] - (kw - 1) * dilation[1] - 1) / stride[1]) + 1;
    const values = {
      x: drawn(dtype, size, reach),
      weights: drawn(dtype, [o, kh, kw, i / op.groups], reach, sparsity),
      bias: drawn(dtype, [o], reach),
      residual: drawn(dtype, [n, oh, ow, o], reach),
    };
    const { data, shape } = meaning(op, values);
    expectClose(dtype, data, slowConvolution(op, values, shape, add));
  };

  test('convolutions', () => {
    for (let n = 0; n < 20; n++) {
      const groups = draw(1, 3);
      const [h, w, kh, kw] = [draw(3, 7), draw(3, 7), draw(1, 3), draw(1, 3)];
      const dilation = [kh > 1 && h > 4 ? draw(1, 2) : 1, kw > 1 && w > 4 ? draw(1, 2) : 1];
      const pad = [draw(0, 2), draw(0, 2), draw(0, 2), draw(0, 2)];
      const size = [draw(1, 2), h, w, groups * draw(1, 5)];
      convolve(
        { groups, dilation, pad, stride: [draw(1, 3), draw(1, 3)] },
        size,
        [groups * draw(1, 5), kh, kw],
        draw(0, 100),
      );
    }
  });

  test('depthwise', () => {
    for (const stride of [1, 2])
      convolve({ groups: 20, pad: [1, 0, 2, 1], dilation: [1, 2], stride: [stride, 1] }, [2, 5, 6, 20], [20, 3, 3], 20);
  });

  test('depthwise, with a multiplier', () =>
    convolve({ groups: 40, pad: [1, 1, 1, 1], stride: [2, 1] }, [1, 5, 6, 40], [80, 3, 3], 0));

  test('more columns and weights than are done at once', () => {
    convolve({ pad: [1, 1, 1, 1] }, [1, 3, 4, 70], [40, 3, 3], 5);
    convolve({ groups: 2 }, [1, 2, 3, 600], [120, 1, 1], 50);
  });

  test('filters of zeros alone', () => convolve({ pad: [1, 0, 0, 1] }, [1, 4, 4, 3], [5, 2, 2], 100));

  test('dense layers, of one vector and of many', () => {
    for (const [count, inputs, outputs] of [
      [1, 300, 20],
      [1, 3, 1],
      [7, 20, 30],
      [9, 270, 70],
      [30, 5, 3],
    ]) {
      const [x, weights] = [drawn(dtype, [count, inputs], reach), drawn(dtype, [outputs, inputs], reach, draw(0, 90))];
      const bias = drawn(dtype, [outputs], reach);
      const { data } = meaning({ kind: 'linear', activation: 'none' }, { x, weights, bias });
      const want = Array.from({ length: count * outputs }, (_, at) => {
        const [v, c] = [Math.floor(at / outputs), at % outputs];
        let total = add(0, bias.data[c], 1);
        for (let k = 0; k < inputs; k++) total = add(total, x.data[v * inputs + k], weights.data[c * inputs + k]);
        return total;
      });
      expectClose(dtype, data, want);
    }
  });

  test('matrices, turned and broadcast', () => {
    for (let trial = 0; trial < 12; trial++) {
      const [transposeA, transposeB] = [trial % 2 === 0, trial % 3 === 0];
      const [m, k, n, outer] = [draw(1, 12), draw(1, 12), draw(1, 12), draw(1, 3)];
      const a = drawn(dtype, [outer, ...(transposeA ? [k, m] : [m, k])], reach, 20);
      const b = drawn(dtype, transposeB ? [n, k] : [k, n], reach);
      const { data } = meaning({ kind: 'matmul', transposeA, transposeB }, { a, b });
      const want = Array.from({ length: outer * m * n }, (_, at) => {
        const [batch, i, j] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
        let total = 0;
        for (let t = 0; t < k; t++) {
          const left = a.data[batch * m * k + (transposeA ? t * m + i : i * k + t)];
          total = add(total, left, b.data[transposeB ? j * k + t : t * n + j]);
        }
        return total;
      });
      expectClose(dtype, data, want);
    }
  });
});

test('transposed convolutions', () => {
  for (let trial = 0; trial < 12; trial++) {
    const [n, h, w, i] = [draw(1, 2), draw(1, 4), draw(1, 4), draw(1, 5)];
    const [o, kh, kw] = [draw(1, 5), draw(1, 4), draw(1, 4)];
    const [stride, dilation] = [
      [draw(1, 3), draw(1, 3)],
      [draw(1, 2), draw(1, 2)],
    ];
    const [pad, size] = [
      [draw(0, 2), draw(0, 2), 0, 0],
      [draw(1, 12), draw(1, 12)],
    ];
    const op: Op = { kind: 'conv-transpose2d', stride, dilation, pad, size, activation: 'none' };
    const values = {
      x: drawn('f32', [n, h, w, i], 8),
      weights: drawn('f32', [o, kh, kw, i], 8, 30),
      bias: drawn('f32', [o], 8),
    };
    const want = Array.from({ length: n * size[0] * size[1] * o }, (_, at) => values.bias.data[at % o]);
    for (let at = 0; at < want.length; at++) {
      const [c, ox, oy, b] = [
        at % o,
        Math.floor(at / o) % size[1],
        Math.floor(at / o / size[1]) % size[0],
        Math.floor(at / o / size[1] / size[0]),
      ];
      for (let y = 0; y < h; y++)
        for (let z = 0; z < w; z++)
          for (let tap = 0; tap < kh * kw; tap++) {
            const [ky, kx] = [Math.floor(tap / kw), tap % kw];
            if (y * stride[0] + ky * dilation[0] - pad[0] !== oy || z * stride[1] + kx * dilation[1] - pad[1] !== ox)
              continue;
            for (let k = 0; k < i; k++)
              want[at] +=
                values.x.data[((b * h + y) * w + z) * i + k] * values.weights.data[(c * kh * kw + tap) * i + k];
          }
    }
    expectClose('f32', meaning(op, values).data, want);
  }
});

test('a weight of zero meets what is not finite', () => {
  const type = tensor('f32', [1, 2]);
  const values = (x: readonly number[], w: readonly number[]) => ({
    x: { type, data: Float32Array.from(x) },
    weights: { type, data: Float32Array.from(w) },
    bias: { type: tensor('f32', [1]), data: new Float32Array(1) },
  });
  for (const odd of [NaN, Infinity, -Infinity]) {
    expect(meaning({ kind: 'linear', activation: 'none' }, values([1, odd], [1, 0])).data[0]).toBeNaN();
    expect(meaning({ kind: 'linear', activation: 'none' }, values([1, 0], [1, odd])).data[0]).toBeNaN();
  }
});
