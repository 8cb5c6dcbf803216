/** Functions of one and two numbers: known values, and loops that agree with them on every kind of number. */
import { describe, expect, test } from 'vitest';
import type { BinaryName, UnaryName } from '../src/ops/scalar.ts';
import { binaryFunctions, unaryFunctions } from '../src/ops/scalar.ts';
import type { DType } from '../src/tensor/type.ts';
import type { Sample } from './ops/law.ts';
import { inferred, meaning, runLoops, value } from './ops/law.ts';

const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];

/** x and f(x), from tables. */
const unaries: Readonly<Record<UnaryName, readonly (readonly [number, number])[]>> = {
  relu: [
    [-2, 0],
    [3, 3],
    [nan, nan],
  ],
  relu6: [
    [-2, 0],
    [3, 3],
    [8, 6],
    [nan, nan],
  ],
  sigmoid: [
    [0, 0.5],
    [2, 0.8807970779778823],
    [-100, 3.720075976020836e-44],
  ],
  tanh: [
    [0, 0],
    [0.5, 0.4621171572600098],
    [-9, -0.99999996954],
  ],
  swish: [
    [1, 0.7310585786300049],
    [-1, -0.2689414213699951],
  ],
  'hard-sigmoid': [
    [-4, 0],
    [0, 0.5],
    [1.5, 0.75],
    [5, 1],
  ],
  'hard-swish': [
    [-4, 0],
    [-1.5, -0.375],
    [1.5, 1.125],
    [5, 5],
  ],
  elu: [
    [2, 2],
    [-1, -0.6321205588285577],
  ],
  softplus: [
    [0, Math.LN2],
    [100, 100],
    [-3, 0.04858735157374206],
  ],
  gelu: [
    [1, 0.8413447460685429],
    [-2, -0.04550026389635842],
  ],
  exp: [
    [1, Math.E],
    [-1, 0.36787944117144233],
  ],
  log: [
    [2, Math.LN2],
    [0, -inf],
    [-1, nan],
  ],
  sqrt: [
    [2, Math.SQRT2],
    [-1, nan],
  ],
  rsqrt: [
    [4, 0.5],
    [0, inf],
  ],
  erf: [
    [0.5, 0.5204998778130465],
    [-1, -0.8427007929497149],
  ],
  sin: [
    [0.5, 0.479425538604203],
    [3, 0.1411200080598672],
  ],
  cos: [
    [0.5, 0.8775825618903728],
    [3, -0.9899924966004454],
  ],
  square: [[-3, 9]],
  reciprocal: [
    [-4, -0.25],
    [0, inf],
  ],
  neg: [[2, -2]],
  abs: [[-2, 2]],
  floor: [
    [-1.5, -2],
    [1.5, 1],
  ],
  ceil: [
    [-1.5, -1],
    [1.5, 2],
  ],
  round: [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, -0],
    [-1.5, -2],
    [1.4, 1],
  ],
  sign: [
    [-2, -1],
    [0, 0],
    [0.1, 1],
  ],
};

/** a, b and f(a, b). */
const binaries: Readonly<Record<BinaryName, readonly (readonly [number, number, number])[]>> = {
  add: [[1, 2, 3]],
  sub: [[1, 2, -1]],
  mul: [[3, -2, -6]],
  div: [
    [3, 2, 1.5],
    [1, 0, inf],
  ],
  'div-no-nan': [
    [3, 2, 1.5],
    [1, 0, 0],
    [nan, 0, 0],
  ],
  'floor-div': [
    [7, 2, 3],
    [-7, 2, -4],
    [7, -2, -4],
  ],
  'floor-mod': [
    [7, 2, 1],
    [-7, 3, 2],
    [7, -3, -2],
  ],
  min: [
    [1, 2, 1],
    [nan, 2, nan],
    [2, nan, 2],
  ],
  max: [
    [1, 2, 2],
    [nan, 2, nan],
    [2, nan, 2],
  ],
  pow: [
    [2, 0.5, Math.SQRT2],
    [-2, 3, -8],
  ],
  'squared-difference': [[1, 4, 9]],
  prelu: [
    [2, 0.25, 2],
    [-2, 0.25, -0.5],
    [-2, -1, 2],
  ],
  equal: [
    [1, 1, 1],
    [1, 2, 0],
    [nan, nan, 0],
  ],
  'not-equal': [
    [1, 1, 0],
    [1, 2, 1],
    [nan, nan, 1],
  ],
  less: [
    [1, 2, 1],
    [2, 2, 0],
    [3, 2, 0],
  ],
  'less-equal': [
    [1, 2, 1],
    [2, 2, 1],
    [3, 2, 0],
  ],
  greater: [
    [1, 2, 0],
    [2, 2, 0],
    [3, 2, 1],
  ],
  'greater-equal': [
    [1, 2, 0],
    [2, 2, 1],
    [3, 2, 1],
  ],
  and: [
    [2, 1, 1],
    [1, 0, 0],
    [0, 0, 0],
  ],
  or: [
    [2, 1, 1],
    [1, 0, 1],
    [0, 0, 0],
  ],
};

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
const integers = [-2147483647, -65537, -7, -2, -1, 0, 1, 2, 3, 65536, 2147483647];

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
    const sample = unary(fn, 'i32', [-(2 ** 31), ...integers]);
    if (typeof inferred(sample) === 'string') expect(inferred(sample)).toBe(`takes f32 for "${fn}" and is given i32`);
    else expectAgreement(sample, 0);
  });
});

describe.each(Object.keys(binaryFunctions) as readonly BinaryName[])('%s', (fn) => {
  test.each(binaries[fn])('of %d and %d is %d', (a, b, want) => {
    const got = binaryFunctions[fn].evaluate(a, b);
    expect(close(got, want, 1e-9), `${got}`).toBe(true);
  });

  test('loops on f32', () => expectAgreement(binary(fn, 'f32', floats), 2e-6));

  test('loops on i32, or a refusal', () => {
    const sample = binary(fn, 'i32', integers);
    if (typeof inferred(sample) === 'string') expect(inferred(sample)).toBe(`takes f32 for "${fn}" and is given i32`);
    else expectAgreement(sample, 0);
  });
});

test('whole numbers divide towards minus infinity, and by 0 give 0', () => {
  const [a, b] = [value('i32', [5], [7, -7, 7, -7, 7]), value('i32', [5], [2, 2, -2, -2, 0])];
  const of = (fn: BinaryName): Sample => ({ op: { kind: 'binary', fn }, values: [a, b] });
  expect(Array.from(meaning(of('floor-div')))).toEqual([3, -4, -4, 3, 0]);
  expect(Array.from(meaning(of('floor-mod')))).toEqual([1, 1, -1, -1, 7]);
});
