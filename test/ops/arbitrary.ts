/** Operators with attributes drawn at random, most of which fit. A new operator does not compile until it can be drawn. */
import fc from 'fast-check';
import { scalarOf } from '../../src/loop/loop.ts';
import { slid } from '../../src/ops/conv2d.ts';
import type { Kind } from '../../src/ops/index.ts';
import type { Value } from '../../src/ops/rules.ts';
import { binaryFunctions, unaryFunctions } from '../../src/ops/scalar.ts';
import type { Shape, TensorType } from '../../src/tensor/type.ts';
import { tensor } from '../../src/tensor/type.ts';
import { quantisedArbitraries } from './arbitrary-quantised.ts';
import { anyShape, image, int, ints, oneOf, sizes } from './draws.ts';
import type { Sample } from './law.ts';
import { some } from './law.ts';
import type { OpOf } from './makers.ts';

type Draw<K extends Kind> = fc.Arbitrary<Sample<OpOf<K>>>;

const names = <T extends object>(table: T): fc.Arbitrary<keyof T> =>
  fc.constantFrom(...(Object.keys(table) as (keyof T)[]));

const f32 = (shape: fc.Arbitrary<Shape>): fc.Arbitrary<Value> =>
  fc.tuple(shape, int(1, 1000)).map(([s, seed]) => some('f32', s, seed));
const either = (shape: fc.Arbitrary<Shape>): fc.Arbitrary<Value> =>
  fc.tuple(shape, int(1, 1000), oneOf('f32' as const, 'i32' as const)).map(([s, seed, dtype]) => some(dtype, s, seed));
const fixed = (shape: Shape, seed: number): Value => some('f32', shape, seed);

/** A shape that broadcasts with `shape`, mostly: leading axes left out, some sizes 1. */
const smaller = (shape: Shape): fc.Arbitrary<Shape> =>
  fc
    .tuple(int(0, shape.length), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }))
    .map(([cut, ones]) => shape.map((d, axis) => (ones[axis] ? 1 : d)).slice(cut));

const activation = oneOf('none', 'relu', 'prelu', 'hard-swish', 'tanh');
const epilogue = (o: number, a: string, dtype: 'f32' | 'i32' = 'f32'): Value[] => [
  some(dtype, [o], 7),
  ...(a === 'prelu' ? [fixed([o % 2 ? o : 1], 8)] : []),
];

const axisOf = (v: Value): fc.Arbitrary<number> => int(0, Math.max(0, v.type.shape.length - 1));

export const arbitraries: { readonly [K in Kind]: Draw<K> } = {
  ...quantisedArbitraries,
  attention: fc
    .tuple(int(1, 2), int(1, 5), int(1, 5), int(1, 3), ints(1, 3, 2), fc.boolean(), int(1, 1000))
    .chain(([n, t, s, heads, [deep, part], masked, seed]) =>
      smaller([n, heads, t, s]).map((mask) => ({
        op: { kind: 'attention', heads, scale: 0.375, masked },
        values: [
          some('f32', [n, t, heads * deep], seed),
          fixed([n, s, heads * deep], 2),
          fixed([n, s, heads * part], 3),
          ...(masked ? [fixed(mask, 4)] : []),
        ],
      })),
    ),
  'batch-norm': f32(anyShape).map((x) => {
    const c = x.type.shape.at(-1) ?? 1;
    return {
      op: { kind: 'batch-norm', epsilon: 4.5 },
      values: [x, fixed([c], 2), fixed([c], 3), fixed([c], 4), fixed([c], 5)],
    };
  }),
  binary: fc.tuple(names(binaryFunctions), either(anyShape)).chain(([fn, a]) =>
    fc.tuple(smaller(a.type.shape), fc.boolean()).map(([shape, swap]) => {
      const b = some(a.type.dtype === 'f32' ? 'f32' : 'i32', shape, 9);
      return { op: { kind: 'binary', fn }, values: swap ? [b, a] : [a, b] };
    }),
  ),
  cast: fc.tuple(oneOf('f32', 'i32'), either(anyShape)).map(([to, x]) => ({ op: { kind: 'cast', to }, values: [x] })),
  concat: fc.tuple(either(anyShape), ints(1, 4, 3)).chain(([x, extents]) =>
    axisOf(x).map((axis) => ({
      op: { kind: 'concat', axis, count: extents.length },
      values: extents.map((d, i) =>
        some(
          x.type.dtype === 'f32' ? 'f32' : 'i32',
          x.type.shape.map((s, a) => (a === axis ? d : s)),
          i,
        ),
      ),
    })),
  ),
  'conv-transpose2d': fc
    .tuple(f32(image), ints(1, 3, 2), ints(1, 2, 2), ints(0, 2, 4), ints(1, 3, 2), ints(1, 8, 2), int(1, 3), activation)
    .map(([x, stride, dilation, pad, [kh, kw], size, o, a]) => ({
      op: { kind: 'conv-transpose2d', stride, dilation, pad, size, activation: a },
      values: [x, fixed([o, kh, kw, x.type.shape[3]], 6), ...epilogue(o, a)],
    })),
  conv2d: fc
    .tuple(
      either(image),
      ints(1, 3, 2),
      ints(1, 2, 2),
      ints(0, 3, 4),
      ints(1, 3, 2),
      int(1, 3),
      int(1, 3),
      activation,
      fc.boolean(),
    )
    .map(([x, stride, dilation, pad, kernel, divisor, multiple, a, summed]) => {
      const i = x.type.shape[3];
      const groups = i % divisor === 0 ? i / divisor : 1;
      const o = groups * multiple;
      const dtype = scalarOf(x.type.dtype);
      const [oh, ow] = [0, 1].map((axis) => {
        const padded = x.type.shape[axis + 1] + pad[axis] + pad[axis + 2];
        return slid(padded, kernel[axis], stride[axis], dilation[axis]);
      });
      const residual = summed && oh > 0 && ow > 0 ? [some(dtype, [x.type.shape[0], oh, ow, o], 9)] : [];
      const op = { kind: 'conv2d', stride, dilation, pad, groups, activation: a } as const;
      return {
        op: residual.length > 0 ? { ...op, residual: true } : op,
        values: [x, some(dtype, [o, ...kernel, i / groups], 6), ...epilogue(o, a, dtype), ...residual],
      };
    }),
  'depth-to-space': fc.tuple(image, int(1, 3)).map(([[n, h, w, c], block]) => ({
    op: { kind: 'depth-to-space', block },
    values: [fixed([n, h, w, c * block * block], 1)],
  })),
  gather: fc.tuple(either(anyShape), anyShape).chain(([x, shape]) =>
    axisOf(x).map((axis) => ({
      op: { kind: 'gather', axis },
      values: [x, some('i32', shape.slice(0, 2), 3)],
    })),
  ),
  'layer-norm': f32(anyShape).map((x) => {
    const c = x.type.shape.at(-1) ?? 1;
    return { op: { kind: 'layer-norm', epsilon: 0.5 }, values: [x, fixed([c], 2), fixed([c], 3)] };
  }),
  linear: fc.tuple(either(anyShape), int(1, 4), activation).map(([x, o, a]) => {
    const dtype = scalarOf(x.type.dtype);
    return {
      op: { kind: 'linear', activation: a },
      values: [x, some(dtype, [o, x.type.shape.at(-1) ?? 1], 6), ...epilogue(o, a, dtype)],
    };
  }),
  matmul: fc.tuple(fc.boolean(), fc.boolean(), sizes(3), sizes(2)).chain(([transposeA, transposeB, [m, k, n], outer]) =>
    fc.tuple(smaller(outer), smaller(outer), oneOf('f32', 'i32')).map(([p, q, dtype]) => ({
      op: { kind: 'matmul', transposeA, transposeB },
      values: [
        some(dtype, [...p, ...(transposeA ? [k, m] : [m, k])], 1),
        some(dtype, [...q, ...(transposeB ? [n, k] : [k, n])], 2),
      ],
    })),
  ),
  pad: fc
    .tuple(either(anyShape), oneOf('constant', 'reflect', 'symmetric', 'edge'), int(-2, 2))
    .chain(([x, mode, value]) =>
      fc.tuple(ints(0, 2, x.type.shape.length), ints(0, 2, x.type.shape.length)).map(([before, after]) => ({
        op: { kind: 'pad', before, after, mode, value },
        values: [x],
      })),
    ),
  pool2d: fc
    .tuple(either(image), oneOf('max', 'avg'), ints(1, 4, 2), ints(1, 3, 2), ints(0, 2, 4), fc.boolean())
    .map(([x, fn, window, stride, pad, countPad]) => ({
      op: { kind: 'pool2d', fn, window, stride, pad, countPad },
      values: [x],
    })),
  reduce: fc
    .tuple(either(anyShape), oneOf('sum', 'mean', 'max', 'min', 'prod'), fc.boolean())
    .chain(([x, fn, keep]) =>
      fc.subarray([...x.type.shape.keys()]).map((axes) => ({ op: { kind: 'reduce', fn, axes, keep }, values: [x] })),
    ),
  relayout: either(anyShape).map((x) => ({ op: { kind: 'relayout' }, values: [x] })),
  reshape: fc.tuple(sizes(4), oneOf(0, 1, 2, 3)).map(([shape, turn]) => ({
    op: { kind: 'reshape', shape: [...shape.slice(turn), ...shape.slice(0, turn)] },
    values: [fixed(shape, 1)],
  })),
  resize: fc
    .tuple(
      f32(image),
      oneOf('bilinear', 'nearest'),
      ints(1, 9, 2),
      oneOf('asymmetric', 'half-pixel', 'align-corners'),
      oneOf('floor', 'round'),
    )
    .map(([x, method, size, coordinates, rounding]) => ({
      op: { kind: 'resize', method, size, coordinates, rounding },
      values: [x],
    })),
  select: fc.tuple(anyShape, oneOf('f32', 'i32')).chain(([shape, dtype]) =>
    fc.tuple(smaller(shape), smaller(shape), smaller(shape)).map(([p, q, r]) => ({
      op: { kind: 'select' },
      values: [some('i32', p, 1), some(dtype, q, 2), some(dtype, r, 3)],
    })),
  ),
  slice: either(anyShape).chain((x) =>
    fc.tuple(...x.type.shape.map((d) => fc.tuple(int(0, d - 1), int(1, 3), int(-1, 2)))).map((axes) => ({
      op: {
        kind: 'slice',
        begin: axes.map(([begin]) => begin),
        size: axes.map(([, size]) => size),
        step: axes.map(([, , step]) => step),
      },
      values: [x],
    })),
  ),
  softmax: f32(anyShape).chain((x) => axisOf(x).map((axis) => ({ op: { kind: 'softmax', axis }, values: [x] }))),
  'space-to-depth': fc.tuple(image, int(1, 3)).map(([[n, h, w, c], block]) => ({
    op: { kind: 'space-to-depth', block },
    values: [fixed([n, h * block, w * block, c], 1)],
  })),
  tile: either(anyShape).chain((x) =>
    ints(1, 3, x.type.shape.length).map((repeats) => ({ op: { kind: 'tile', repeats }, values: [x] })),
  ),
  'top-k': fc
    .tuple(either(anyShape), int(1, 4), oneOf('values', 'indices'))
    .map(([x, k, output]) => ({ op: { kind: 'top-k', k, output }, values: [x] })),
  transpose: either(anyShape).chain((x) =>
    fc
      .shuffledSubarray([...x.type.shape.keys()], { minLength: x.type.shape.length })
      .map((perm) => ({ op: { kind: 'transpose', perm }, values: [x] })),
  ),
  unary: fc
    .tuple(names(unaryFunctions), either(anyShape))
    .map(([fn, x]) => ({ op: { kind: 'unary', fn }, values: [x] })),
};

const odd = fc.constantFrom<unknown>(
  -1,
  0,
  1,
  2,
  2.5,
  4096,
  2 ** 31,
  -(2 ** 31),
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -0,
  '',
  'max',
  'constructor',
  '__proto__',
  true,
  false,
  null,
  undefined,
  [],
  {},
  [[1]],
  ['a'],
);
const oddSize = fc.constantFrom(1, 2, 3, 4, 8, 0, -1, 0.5, Number.NaN, 65536, 2 ** 31, 1e300);

/** Whatever a model file may claim: some attributes are changed to anything, some operands to any shape or type. */
export const hostile = (kind: Kind): fc.Arbitrary<{ readonly op: object; readonly types: readonly TensorType[] }> =>
  (arbitraries[kind] as fc.Arbitrary<Sample>).chain(({ op, values }) => {
    const attributes = Object.entries(op).map(([name, value]) => {
      if (name === 'kind') return [name, fc.constant<unknown>(value)];
      const list = Array.isArray(value) ? fc.array(odd, { maxLength: 6 }) : odd;
      return [name, fc.oneof({ weight: 8, arbitrary: fc.constant<unknown>(value) }, odd, list)];
    });
    const types = values.map(({ type }) =>
      fc.oneof(
        { weight: 8, arbitrary: fc.constant(type) },
        fc.array(oddSize, { maxLength: 9 }).map((shape) => tensor('f32', shape)),
        fc.constant(tensor('i32', type.shape)),
      ),
    );
    return fc.record({ op: fc.record(Object.fromEntries(attributes)), types: fc.tuple(...types) });
  });
