/** Whole numbers that stand for real ones, drawn at random. */
import fc from 'fast-check';
import type { Value } from '../../src/ops/rules.ts';
import { anyShape, image, int, ints, oneOf } from './draws.ts';
import type { Sample } from './law.ts';
import { some, value } from './law.ts';
import type { OpOf } from './makers.ts';

const pair = (c: number): readonly Value[] => [some('f32', [c], 11), some('i32', [c], 12)];

type Quantised = 'dequantize' | 'lookup' | 'quantize' | 'requantize' | 'resize-sums' | 'softmax-table';

export const quantisedArbitraries: { readonly [K in Quantised]: fc.Arbitrary<Sample<OpOf<K>>> } = {
  dequantize: fc.tuple(anyShape, int(-1, 3)).map(([shape, axis]) => ({
    op: { kind: 'dequantize', axis },
    values: [some('i32', shape, 10), ...pair(axis < 0 ? 1 : (shape[axis] ?? 1))],
  })),
  lookup: fc.tuple(anyShape, int(1, 5), int(-4, 4), fc.boolean()).map(([shape, n, low, each]) => ({
    op: { kind: 'lookup', low },
    values: [some('i32', shape, 3), some('i32', each ? [shape.at(-1) ?? 1, n] : [n], 4)],
  })),
  quantize: fc
    .tuple(
      fc.tuple(anyShape, int(1, 1000)).map(([shape, seed]) => some('f32', shape, seed)),
      int(-1, 3),
      int(-9, 0),
      int(0, 9),
    )
    .map(([x, axis, low, high]) => ({
      op: { kind: 'quantize', axis, low, high },
      values: [x, ...pair(axis < 0 ? 1 : (x.type.shape[axis] ?? 1))],
    })),
  requantize: fc
    .tuple(anyShape, ints(-(2 ** 31), 2 ** 31 - 1, 5), int(0, 32767), int(1, 46), int(-9, 9), fc.boolean())
    .map(([shape, xs, multiplier, shift, zero, each]) => {
      const x = some('i32', shape, 3);
      const c = each ? (shape.at(-1) ?? 1) : 1;
      return {
        op: { kind: 'requantize', low: -128, high: 127 },
        values: [
          { ...x, data: x.data.map((v, at) => Math.imul(v, xs[at % 5])) },
          value('i32', [c], Array<number>(c).fill(multiplier)),
          value(
            'i32',
            [c],
            Array.from({ length: c }, (_, at) => ((shift + at) % 46) + 1),
          ),
          value('i32', [1], [zero]),
        ],
      };
    }),
  'resize-sums': fc
    .tuple(image, ints(1, 9, 2), oneOf('asymmetric', 'half-pixel', 'align-corners'))
    .map(([shape, size, coordinates]) => ({
      op: { kind: 'resize-sums', size, coordinates },
      values: [some('i32', shape, 5)],
    })),
  'softmax-table': fc
    .tuple(
      anyShape.filter((shape) => shape.length > 0),
      int(0, 3),
      ints(-9, 40000, 3),
      int(1, 1000),
    )
    .map(([shape, axis, table, seed]) => ({
      op: { kind: 'softmax-table', axis: axis % shape.length },
      values: [some('i32', shape, seed), value('i32', [3], table)],
    })),
};
