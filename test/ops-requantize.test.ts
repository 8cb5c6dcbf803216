/** Requantisation is exact: its meaning and its loops against whole numbers of any length. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { meaning, runLoops, value } from './ops/law.ts';

const most = 2 ** 31 - 1;

interface Case {
  readonly x: number;
  readonly multiplier: number;
  readonly shift: number;
  readonly zero: number;
}

/** floor((x · m + 2^(s − 1)) / 2^s) + zero within bounds, in numbers of any length. */
function exact({ x, multiplier, shift, zero }: Case, low: number, high: number): number {
  const sum = BigInt(x) * BigInt(multiplier) + (1n << BigInt(shift - 1));
  const placed = (sum >> BigInt(shift)) + BigInt(zero);
  return placed < BigInt(low) ? low : placed > BigInt(high) ? high : Number(placed);
}

/** Each case a channel of its own. */
function expectExact(cases: readonly Case[], low: number, high: number): void {
  const { zero } = cases[0];
  const all = (of: (c: Case) => number) => value('i32', [cases.length], cases.map(of));
  const values = [all((c) => c.x), all((c) => c.multiplier), all((c) => c.shift), value('i32', [1], [zero])];
  const sample = { op: { kind: 'requantize', low, high } as const, values };
  const want = cases.map((c) => exact({ ...c, zero }, low, high));
  expect(Array.from(meaning(sample))).toEqual(want);
  expect(Array.from(runLoops(sample))).toEqual(want);
}

test('at the ends of every range, for every shift', () => {
  const xs = [0, 1, -1, 127, -128, 65535, 65536, -65536, 2 ** 30, most, -most, -most - 1];
  const multipliers = [0, 1, 2, 3, 16384, 16385, 32766, 32767];
  for (const zero of [0, -(2 ** 24), 2 ** 24]) {
    const cases = xs.flatMap((x) =>
      multipliers.flatMap((multiplier) =>
        Array.from({ length: 46 }, (_, i) => ({ x, multiplier, shift: i + 1, zero })),
      ),
    );
    expectExact(cases, -(2 ** 24), 2 ** 24);
    expectExact(cases, -128, 127);
  }
});

test('for numbers drawn at random, those half-way between two results among them', () => {
  const drawn = fc.record({
    x: fc.integer({ min: -most - 1, max: most }),
    multiplier: fc.integer({ min: 0, max: 32767 }),
    shift: fc.integer({ min: 1, max: 46 }),
    zero: fc.integer({ min: -1000, max: 1000 }),
  });
  const halfway = fc
    .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: -(2 ** 20), max: 2 ** 20 }))
    .map(([shift, steps]) => {
      const odd = 2 * steps + 1;
      const x = odd * 2 ** (shift - 1);
      return { x: Math.abs(x) <= most ? x : odd, multiplier: 1, shift, zero: 0 };
    });
  fc.assert(
    fc.property(fc.array(fc.oneof(drawn, halfway), { minLength: 1, maxLength: 60 }), (cases) =>
      expectExact(cases, -(2 ** 24), 2 ** 24),
    ),
    { seed: 1, numRuns: 200 },
  );
});

test('what is outside of its bounds is taken as the nearest inside', () => {
  const run = (multiplier: number, shift: number, zero: number) => {
    const values = [value('i32', [2], [most, -5]), ...[multiplier, shift, zero].map((v) => value('i32', [1], [v]))];
    const sample = { op: { kind: 'requantize', low: -(2 ** 24), high: 2 ** 24 } as const, values };
    expect(Array.from(runLoops(sample))).toEqual(Array.from(meaning(sample)));
    return Array.from(meaning(sample));
  };
  expect(run(2 ** 20, 46, 0)).toEqual(run(32767, 46, 0));
  expect(run(-7, 1, 3)).toEqual([3, 3]);
  expect(run(1, 99, 0)).toEqual(run(1, 46, 0));
  expect(run(1, -3, 0)).toEqual([2 ** 24, -2]);
  expect(run(1, 31, most)).toEqual([2 ** 24, 2 ** 24]);
});
