/** The functions of the loop language in double precision, against tables. */
import { describe, expect, test } from 'vitest';
import type { Arr, Expr, UnaryOp } from '../src/loop/loop.ts';
import { f32, i32, store, typeOf, unary } from '../src/loop/loop.ts';
import { erf, roundTiesToEven, unaryMeaning } from '../src/loop/meaning.ts';
import { run } from '../src/loop/run.ts';
import { zeros } from '../src/tensor/numbers.ts';

function compute(op: UnaryOp, of: Expr): number {
  const out: Arr = { name: 'out', dtype: typeOf(of), length: 1 };
  const data = zeros(out.dtype, 1);
  run([store(out, 0, unary(op, of))], new Map([[out, data]]));
  return data[0];
}

describe('functions', () => {
  /** From tables: erf as in Abramowitz and Stegun 7.1, to double precision. */
  test.each([
    [0, 0],
    [1e-10, 1.1283791670955126e-10],
    [0.01, 0.011283415555849618],
    [0.1, 0.1124629160182849],
    [0.25, 0.2763263901682369],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.5, 0.9661051464753108],
    [2, 0.9953222650189527],
    [2.4999, 0.9995928300996666],
    [2.5, 0.999593047982555],
    [2.75, 0.9998993780778803],
    [3, 0.9999779095030014],
    [3.5, 0.9999992569016276],
    [4, 0.9999999845827421],
    [5, 0.9999999999984626],
    [5.9, 1],
    [100, 1],
    [Number.POSITIVE_INFINITY, 1],
  ])('erf(%d) is %d', (x, want) => {
    expect(Math.abs(erf(x) - want)).toBeLessThan(1e-14);
    expect(erf(-x)).toBe(-erf(x));
  });

  test('erf of NaN is NaN, and erf never falls', () => {
    expect(erf(Number.NaN)).toBeNaN();
    for (let x = -7; x < 7; x += 1 / 64) expect(erf(x + 1 / 64)).toBeGreaterThanOrEqual(erf(x) - 1e-14);
  });

  test.each(Object.entries(unaryMeaning))('%s is rounded to f32', (op, meaning) => {
    if (op === 'popcount') return expect(compute('popcount', i32(5))).toBe(2);
    return expect(compute(op as UnaryOp, f32(0.3))).toBe(Math.fround(meaning(Math.fround(0.3))));
  });

  test.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, -0],
    [-1.5, -2],
    [-2.5, -2],
    [0.49999997, 0],
    [8388609, 8388609],
  ])('round(%d) is %d', (x, want) => expect(roundTiesToEven(x)).toBe(want));
});
