/** Tensor types, halves, typed arrays, and weights as matrices. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromF16, fromHalves, isF16, toF16, toHalves } from '../src/tensor/f16.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { countLive, isLive, liveEntries, liveness, matrix, wordsOf } from '../src/tensor/matrix.ts';
import { bytesOf, dtypeOf, sameBits, viewOf, zeros } from '../src/tensor/numbers.ts';
import type { DType } from '../src/tensor/type.ts';
import {
  bytesPer,
  elements,
  panel,
  panelsOf,
  plain,
  printLayout,
  printShape,
  sameLayout,
  sameShape,
  storedLength,
  tensor,
} from '../src/tensor/type.ts';

describe('halves', () => {
  const all = Array.from({ length: 1 << 16 }, (_, half) => half);
  const finite = all.filter((half) => ((half >> 10) & 31) !== 31);

  test('many at once are as one by one', () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, half) => half);
    const values = fromHalves(halves);
    expect(values).toEqual(Float32Array.from(halves, fromF16));
    expect(toHalves(values)).toEqual(Uint16Array.from(values, toF16));
    const between = Float32Array.from(values, (v) => v * (1 + 2 ** -12)).filter((v) => Math.abs(v) > 2 ** -14);
    expect(values.every((v) => isF16(v))).toBe(true);
    expect(between.filter(isF16).every((v) => !Number.isFinite(v))).toBe(true);
  });

  test('every half survives', () => {
    const lost = all.filter((half) => toF16(fromF16(half)) !== half && !Number.isNaN(fromF16(half)));
    expect(lost).toEqual([]);
    expect(all.filter((half) => Number.isNaN(fromF16(half))).length).toBe(2 * 1023);
  });

  test('known values', () => {
    expect([0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x7c00, 0xfc00].map(fromF16)).toEqual([
      1,
      -2,
      65504,
      2 ** -14,
      2 ** -24,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
    expect(Object.is(fromF16(0x8000), -0)).toBe(true);
    expect(toF16(Number.NaN)).toBe(0x7e00);
    expect([65519.996, 65520, -65520, 1e38].map(toF16)).toEqual([0x7bff, 0x7c00, 0xfc00, 0x7c00]);
    expect([2 ** -25, Math.fround(1.0001 * 2 ** -25), 3 * 2 ** -25, -(2 ** -26)].map(toF16)).toEqual([0, 1, 2, 0x8000]);
    expect(
      [1, -0, 0.1, Math.fround(0.1), 65504, 65505, 2 ** -24, 2 ** -25, Number.POSITIVE_INFINITY].map(isF16),
    ).toEqual([true, true, false, false, true, false, true, false, true]);
  });

  test('the nearest half, ties to even', () => {
    const sorted = finite.filter((half) => half < 0x8000);
    fc.assert(
      fc.property(fc.float({ min: 0, max: 65504, noNaN: true }), fc.boolean(), (size, negative) => {
        const value = negative ? -size : size;
        const half = toF16(value);
        expect(half >> 15).toBe(Object.is(value, -0) || value < 0 ? 1 : 0);
        const at = half & 0x7fff;
        const error = Math.abs(fromF16(at) - size);
        for (const other of [at - 1, at + 1]) {
          if (other < 0 || other >= sorted.length) continue;
          const otherError = Math.abs(fromF16(other) - size);
          expect(otherError > error || (otherError === error && at % 2 === 0)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('typed arrays', () => {
  const dtypes = Object.keys(bytesPer) as readonly DType[];

  test.each(dtypes)('%s', (dtype) => {
    const made = zeros(dtype, 5);
    expect([made.length, made.BYTES_PER_ELEMENT, made.every((v) => v === 0)]).toEqual([5, bytesPer[dtype], true]);
    expect(dtypeOf(made)).toBe(dtype === 'f16' || dtype === 'bf16' ? 'u16' : dtype);
    const buffer = new ArrayBuffer(64);
    const view = viewOf(dtype, buffer, 16, 3);
    view.fill(1);
    expect([view.constructor, view.byteOffset, view.length]).toEqual([made.constructor, 16, 3]);
    const touched = Array.from(new Uint8Array(buffer), (b, i) => (b === 0 ? -1 : i)).filter((i) => i >= 0);
    expect(touched.every((i) => i >= 16 && i < 16 + 3 * bytesPer[dtype])).toBe(true);
  });

  test('bits are compared, not numbers', () => {
    const f = (...values: readonly number[]) => Float32Array.from(values);
    expect(sameBits(f(1, Number.NaN), f(1, Number.NaN))).toBe(true);
    expect(sameBits(f(0), f(-0))).toBe(false);
    expect(sameBits(f(1), f(1, 2))).toBe(false);
    expect(sameBits(Int32Array.of(0), Uint16Array.of(0))).toBe(false);
    expect(sameBits(f(1, 2, 3).subarray(1), f(2, 3))).toBe(true);
  });

  test('bytes of a part are those of the part', () => {
    expect(Array.from(bytesOf(Uint16Array.of(1, 0x203, 4).subarray(1, 2)))).toEqual([3, 2]);
  });
});

describe('types', () => {
  test('stored lengths', () => {
    expect(storedLength(tensor('f32', [2, 5, 6, 3]))).toBe(180);
    expect(panelsOf([2, 5, 6, 3], 28)).toBe(2);
    expect(storedLength(tensor('f32', [2, 5, 6, 3], panel(28)))).toBe(2 * 2 * 3 * 28);
    expect(storedLength(tensor('f32', []))).toBe(1);
    expect(elements([3, 0])).toBe(0);
  });

  test('equality and text', () => {
    expect([sameShape([1, 2], [1, 2]), sameShape([1, 2], [1, 2, 1]), sameShape([1], [2])]).toEqual([
      true,
      false,
      false,
    ]);
    expect([sameLayout(plain, plain), sameLayout(panel(28), panel(28)), sameLayout(panel(28), panel(64))]).toEqual([
      true,
      true,
      false,
    ]);
    expect([printShape([1, 8, 8, 3]), printLayout(plain), printLayout(panel(28))]).toEqual([
      '1x8x8x3',
      'plain',
      'panel 28',
    ]);
  });
});

describe('matrices', () => {
  const numbers = fc.oneof(fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45), fc.float());
  const anyMatrix = fc
    .record({ rows: fc.integer({ min: 1, max: 5 }), columns: fc.integer({ min: 1, max: 40 }) })
    .chain(({ rows, columns }) => {
      const size = { minLength: rows * columns, maxLength: rows * columns };
      const data = fc.array(numbers, size);
      const mask = fc.option(fc.uint8Array({ ...size, max: 1 }), { nil: undefined });
      return fc.record({ data, mask }).map(({ data: values, mask: bits }): Matrix => {
        const m = matrix(rows, columns, columns, values);
        return bits ? { ...m, mask: Uint8Array.from(bits) } : m;
      });
    });

  test('kept weights are counted and listed alike', () => {
    fc.assert(
      fc.property(anyMatrix, (m) => {
        const kept = Array.from(m.data, (v, at) => (m.mask ? m.mask[at] === 1 : v !== 0));
        expect(Array.from(liveness(m), Boolean)).toEqual(kept);
        expect(kept.map((_, at) => isLive(m, at))).toEqual(kept);
        expect(countLive(m)).toBe(kept.filter(Boolean).length);
        const { pos, column, value } = liveEntries(m);
        const listed = Array.from({ length: m.rows }, (_, r) =>
          Array.from(column.subarray(pos[r], pos[r + 1]), (c) => r * m.columns + c),
        ).flat();
        expect(listed).toEqual(kept.flatMap((is, at) => (is ? [at] : [])));
        expect(Array.from(wordsOf(value))).toEqual(listed.map((at) => wordsOf(m.data)[at]));
      }),
    );
  });

  test('a part of a larger array has its own bits', () => {
    const data = Float32Array.of(9, 0, 2, 9).subarray(1, 3);
    const m: Matrix = { rows: 1, columns: 2, run: 2, data };
    expect([Array.from(liveness(m)), countLive(m), Array.from(liveEntries(m).value)]).toEqual([[0, 1], 1, [2]]);
  });
});
