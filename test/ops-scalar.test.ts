/** Functions of one and two numbers: known values, and loops that agree with them on every kind of number. */
import { describe, expect, test } from 'vitest';
import type { BinaryName, UnaryName } from '../src/ops/scalar.ts';
import { binaryFunctions, unaryFunctions } from '../src/ops/scalar.ts';
import type { DType } from '../src/tensor/type.ts';
import type { Sample } from './ops/law.ts';
import { inferred, meaning, runLoops, value } from './ops/law.ts';
import { binaries, unaries } from './ops/tables.ts';
import { integers } from './ops/whole.ts';

const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];

const floats = [
  -inf,
  -1e30,
  -100,
  -9.5,
  -3,
  -1,
  -0.5,
  -1e-6,
  -0,
  0,
  1e-30,
  0.25,
  0.5,
  1,
  1.5,
  2.5,
  6,
  10,
  88,
  1e30,
  inf,
  nan,
];

const unary = (fn: UnaryName, dtype: DType, xs: readonly number[]): Sample => ({
  op: { kind: 'unary', fn },
  values: [value(dtype, [xs.length], xs)],
});

const binary = (fn: BinaryName, dtype: DType, xs: readonly number[]): Sample => ({
  op: { kind: 'binary', fn },
  values: [value(dtype, [xs.length, 1], xs), value(dtype, [xs.length], xs)],
});

const close = (got: number, want: number, relative: number): boolean =>
  Object.is(got, want) || got === want || Math.abs(got - want) <= relative * Math.max(1, Math.abs(want));

/** Element by element, since one huge result would hide errors of all others. */
function expectAgreement(sample: Sample, relative: number): void {
  const [want, got] = [meaning(sample), runLoops(sample)];
  const wrong = Array.from(want.keys()).filter((i) => !close(got[i], want[i], relative));
  expect(wrong.map((i) => `${i}: ${got[i]} for ${want[i]}`)).toEqual([]);
}

describe.each(Object.keys(unaryFunctions) as readonly UnaryName[])('%s', (fn) => {
  test.each(unaries[fn])('of %d is %d', (x, want) => {
    const got = unaryFunctions[fn].evaluate(x);
    expect(close(got, want, 1e-9), `${got}`).toBe(true);
  });

  test('loops on f32', () => expectAgreement(unary(fn, 'f32', floats), 2e-6));

  test('loops on i32, or a refusal', () => {
    const sample = unary(fn, 'i32', integers);
    if (typeof inferred(sample) === 'string') expect(inferred(sample)).toBe(`takes f32 for "${fn}" and is given i32`);
    else expectAgreement(sample, 0);
  });
});

describe.each(Object.keys(binaryFunctions) as readonly BinaryName[])('%s', (fn) => {
  test.each(binaries[fn])('of %d and %d is %d', (a, b, want) => {
    const got = binaryFunctions[fn].evaluate(a, b);
    expect(close(got, want, 1e-9), `${got}`).toBe(true);
  });

  test('loops on f32, or a refusal', () => {
    const sample = binary(fn, 'f32', floats);
    if (typeof inferred(sample) === 'string') expect(inferred(sample)).toBe(`takes i32 for "${fn}" and is given f32`);
    else expectAgreement(sample, 2e-6);
  });

  test('loops on i32, or a refusal', () => {
    const sample = binary(fn, 'i32', integers);
    if (typeof inferred(sample) === 'string') expect(inferred(sample)).toBe(`takes f32 for "${fn}" and is given i32`);
    else expectAgreement(sample, 0);
  });
});

describe('whole numbers', () => {
  const [least, most] = [-2147483648, 2147483647];
  const dividends = [7, -7, 7, -7, 7, -7, least, least, most, least, least, -1, 0];
  const divisors = [2, 2, -2, -2, 0, 0, -1, 1, least, least, most, least, least];
  const of = (fn: BinaryName, as: readonly number[], bs: readonly number[]): readonly number[] => {
    const sample: Sample = {
      op: { kind: 'binary', fn },
      values: [value('i32', [as.length], as), value('i32', [bs.length], bs)],
    };
    expect(Array.from(runLoops(sample))).toEqual(Array.from(meaning(sample)));
    return Array.from(meaning(sample));
  };

  test('divide towards minus infinity, and by 0 give 0', () => {
    expect(of('floor-div', dividends, divisors)).toEqual([3, -4, -4, 3, 0, 0, least, least, -1, 1, -2, 0, 0]);
    expect(of('floor-mod', dividends, divisors)).toEqual([1, 1, -1, -1, 7, -7, 0, 0, -1, 0, most - 1, -1, 0]);
  });

  test('divide towards zero, and by 0 give 0', () => {
    expect(of('trunc-div', dividends, divisors)).toEqual([3, -3, -3, 3, 0, 0, least, least, 0, 1, -1, 0, 0]);
    expect(of('fmod', dividends, divisors)).toEqual([1, -1, 1, -1, 7, -7, 0, 0, most, 0, -1, -1, 0]);
  });

  test('are raised to powers that wrap around, and to those below 0 drop the fraction', () => {
    expect(of('pow', [2, 3, 3, 2, -3, 1, -1, -1, 0, 0, 0, 7], [31, 20, 21, 32, 3, -5, -5, -4, 0, 5, -1, -1])).toEqual([
      least,
      Number(BigInt.asIntN(32, 3n ** 20n)),
      Number(BigInt.asIntN(32, 3n ** 21n)),
      0,
      -27,
      1,
      -1,
      1,
      1,
      0,
      0,
      0,
    ]);
  });

  test('are shifted by amounts modulo 32', () => {
    expect(of('shift-left', [1, 1, -1, 3], [31, 32, 4, 33])).toEqual([least, 1, -16, 6]);
    expect(of('shift-right', [-1, -1, least, 12], [31, 32, 4, 2])).toEqual([1, -1, 1 << 27, 3]);
  });
});

test('fmod of f32 is exact, however large the quotient', () => {
  const [a, b] = [
    [1e30, -1e30, 3e38, 1, 5.5, -5.5, 1e-45, inf, 2, nan, 3, 0, 3],
    [3, 7, 1e-40, 1e30, 2, -2, 3, 2, 0, 1, nan, 5, inf],
  ];
  const sample: Sample = {
    op: { kind: 'binary', fn: 'fmod' },
    values: [value('f32', [a.length], a), value('f32', [b.length], b)],
  };
  const want = a.map((x, i) => Math.fround(x) % Math.fround(b[i]));
  expect(Array.from(runLoops(sample))).toEqual(want);
  expect(Array.from(meaning(sample))).toEqual(want);
});

test('conditions give whole numbers, of f32 and of i32', () => {
  const of = (fn: UnaryName, dtype: 'f32' | 'i32', ...xs: readonly number[]) => runLoops(unary(fn, dtype, xs));
  expect(of('not', 'i32', 0, 1, -5)).toEqual(Int32Array.of(1, 0, 0));
  expect(of('not', 'f32', 0, -0, nan, 0.5)).toEqual(Int32Array.of(1, 1, 0, 0));
  expect(of('is-nan', 'f32', 0, nan, inf)).toEqual(Int32Array.of(0, 1, 0));
  expect(of('is-inf', 'f32', -inf, nan, inf, 3e38)).toEqual(Int32Array.of(1, 0, 1, 0));
  expect(inferred(unary('is-nan', 'i32', [1]))).toBe('takes f32 for "is-nan" and is given i32');
});
