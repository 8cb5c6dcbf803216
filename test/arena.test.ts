/** The arena: where arrays lie that are not alive at the same time. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Arr } from '../src/loop/loop.ts';
import type { Lifetime } from '../src/plan/arena.ts';
import { alignment, alignUp, placeArrays } from '../src/plan/arena.ts';
import { lifetimesOf } from '../src/plan/lifetimes.ts';
import type { DType } from '../src/tensor/type.ts';
import { bytesPer } from '../src/tensor/type.ts';
import { random } from './models.ts';

const array = (name: string, length: number, dtype: DType = 'f32'): Arr => ({ name, dtype, length });
const life = (length: number, first: number, last: number, dtype: DType = 'f32'): Lifetime => ({
  array: array(`a${length}_${first}`, length, dtype),
  first,
  last,
});
const bytesOf = ({ array: { dtype, length } }: Lifetime): number => length * bytesPer[dtype];

const anyLife = fc
  .record({
    length: fc.integer({ min: 1, max: 500 }),
    first: fc.nat(30),
    steps: fc.oneof({ weight: 4, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(25) }),
    dtype: fc.constantFrom<DType>('f32', 'u8', 'i32', 'u16'),
  })
  .map(({ length, first, steps, dtype }) => life(length, first, first + steps, dtype));

describe('any lifetimes', () => {
  test('arrays that are alive at once never overlap, and all lie aligned in the arena', () => {
    fc.assert(
      fc.property(fc.array(anyLife, { maxLength: 40 }), (lives) => {
        const { places, peak } = placeArrays(lives);
        const placed = lives.map((l) => ({
          l,
          from: places.get(l.array) ?? -1,
          to: (places.get(l.array) ?? -1) + bytesOf(l),
        }));
        expect(places.size).toBe(lives.length);
        for (const [i, { l, from, to }] of placed.entries()) {
          expect(from % alignment).toBe(0);
          expect(from >= 0 && to <= peak).toBe(true);
          for (const other of placed.slice(i + 1)) {
            const together = l.first <= other.l.last && other.l.first <= l.last;
            expect(together && from < other.to && other.from < to).toBe(false);
          }
        }
      }),
    );
  });

  test('the peak lies between the bound and the sum, and the bound is the most that is alive', () => {
    fc.assert(
      fc.property(fc.array(anyLife, { maxLength: 40 }), (lives) => {
        const { peak, sum, bound } = placeArrays(lives);
        const aligned = lives.map((l) => ({ ...l, bytes: Math.ceil(bytesOf(l) / 64) * 64 }));
        const alive = Array.from({ length: 60 }, (_, step) =>
          aligned.reduce((n, l) => n + (l.first <= step && step <= l.last ? l.bytes : 0), 0),
        );
        expect(bound).toBe(Math.max(...alive));
        expect(sum).toBe(aligned.reduce((n, { bytes }) => n + bytes, 0));
        expect(bound <= peak && peak <= sum).toBe(true);
      }),
    );
  });

  test('the same lifetimes give the same places', () => {
    fc.assert(
      fc.property(fc.array(anyLife, { maxLength: 25 }), (lives) => {
        const again = lives.map((l) => ({ ...l, array: { ...l.array } }));
        expect([...placeArrays(again).places.values()]).toEqual([...placeArrays(lives).places.values()]);
      }),
    );
  });
});

test('nothing takes nothing', () => {
  expect(placeArrays([])).toEqual({ places: new Map(), peak: 0, sum: 0, bound: 0 });
});

test('a chain takes two arrays', () => {
  const chain = Array.from({ length: 9 }, (_, i) => life(16 + i, i, i + 1));
  expect(placeArrays(chain)).toMatchObject({ peak: 256, bound: 256, sum: 64 + 8 * 128 });
});

describe('what greedy placement by size leaves open', () => {
  /** Sizes in lines of 64 bytes, first and last steps: a network that makes small pictures large. */
  const upscaler: readonly (readonly [number, number, number])[] = [
    [1920, 0, 13],
    [1920, 1, 5],
    [120, 2, 3],
    [2040, 3, 4],
    [1920, 4, 5],
    [1920, 5, 10],
    [120, 6, 7],
    [2040, 7, 8],
    [1920, 8, 9],
    [1920, 9, 10],
    [3840, 10, 11],
    [1920, 11, 12],
    [1920, 12, 13],
    [1920, 13, 14],
    [1920, 14, 15],
    [960, 15, 16],
    [360, 16, 17],
    [1440, 17, 18],
  ];

  test('a network whose largest array comes late', () => {
    // By size alone the largest lies lowest, and the peak is 11520 lines.
    const { peak, bound } = placeArrays(upscaler.map(([lines, first, last]) => life(16 * lines, first, last)));
    expect([peak / 64, bound / 64]).toEqual([9600, 9600]);
  });

  test('random networks with branches reach the bound', () => {
    const ratios = Array.from({ length: 40 }, (_, seed) => {
      const next = random(seed);
      const lives = Array.from({ length: 60 }, (_unused, i) =>
        life(1 + Math.floor(2 ** (14 * next())), i, i + (next() < 0.15 ? Math.floor(30 * next()) : 1)),
      );
      const { peak, bound } = placeArrays(lives);
      return peak / bound;
    });
    expect(Math.max(...ratios)).toBe(1);
  });
});

test('sizes are rounded up to whole lines', () => {
  expect([0, 1, 64, 65].map((n) => alignUp(n))).toEqual([0, 64, 64, 128]);
  expect(alignUp(5, 4)).toBe(8);
});

test('arrays live from the first step that touches them to the last', () => {
  const [x, a, b, c, out] = ['x', 'a', 'b', 'c', 'out'].map((name) => array(name, 1));
  const steps = [
    { reads: [x], writes: [a] },
    { reads: [a], writes: [b] },
    { reads: [x], writes: [c] },
    { reads: [a, b], writes: [out] },
  ];
  expect(lifetimesOf(steps, (v) => v === x || v === out)).toEqual([
    { array: a, first: 0, last: 3 },
    { array: b, first: 1, last: 3 },
    { array: c, first: 2, last: 2 },
  ]);
});
