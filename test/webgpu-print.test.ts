/** How numbers, conditions and places are spelled in WGSL, which takes less than C does. */
import { describe, expect, test } from 'vitest';
import type { Arr, Expr } from '../src/loop/loop.ts';
import { add, binary, both, f32, i32, less, load, local, loop, mod, mul, select, store } from '../src/loop/loop.ts';
import { numberText, printerFor } from '../targets/webgpu/print-wgsl.ts';

const y: Arr = { name: 'y', dtype: 'f32', length: 64 };
const [a, b] = [local('a', 'i32'), local('from', 'i32')];

const printed = (e: Expr): string => printerFor([], () => ({ buffer: 'memory', at: 'a0' })).expression(e);

describe('numbers', () => {
  test.each([
    [0.1, '0.1f'],
    [-1, '(-1f)'],
    [-0, '(-0f)'],
    [2 ** -149, '1e-45f'],
    [(2 - 2 ** -23) * 2 ** 127, '3.4028234663852886e+38f'],
    [-(2 - 2 ** -23) * 2 ** 127, '(-3.4028234663852886e+38f)'],
    [-Infinity, '(-infinity())'],
    [NaN, 'not_a_number()'],
  ])('%d of f32', (value, text) => expect(numberText(Math.fround(value), 'f32')).toBe(text));

  test('the least i32 is no literal', () => expect(numberText(-(2 ** 31), 'i32')).toBe('i32(-2147483648)'));
});

test('conditions become numbers where they are used as such', () => {
  expect(printed(add(less(a, 3), 1))).toBe('i32(a < 3) + 1');
  expect(printed(select(both(less(a, 3), less(0, a)), f32(1), f32(0)))).toBe('select(0f, 1f, (a < 3) && (0 < a))');
  expect(printed(select(both(a, 1), f32(1), f32(0)))).toBe('select(0f, 1f, (a & 1) != 0)');
});

test('names that WGSL keeps are not used', () => {
  expect(printed(add(b, 1))).toBe('from1 + 1');
});

test('shifts take numbers without a sign, and the one to the right is logical', () => {
  expect(printed(binary('>>', a, 2))).toBe('bitcast<i32>(bitcast<u32>(a) >> u32(2))');
});

test('a place that is a sum of counters is written as one', () => {
  const body = loop('i', 0, 3, (i) =>
    loop('j', 0, 4, (j) => {
      const flat = add(mul(i, 4), j);
      return [store(y, add(mul(i, 4), mod(flat, 4)), load(y, mod(flat, i32(8))))];
    }),
  );
  expect(
    printerFor(body, () => ({ buffer: 'memory', at: 'a0' }))
      .statements(body, '')
      .join('\n'),
  ).toBe(
    [
      'for (var i = 0; i < 3; i++) {',
      '  for (var j = 0; j < 4; j++) {',
      '    memory[a0 + i * 4 + j] = bitcast<u32>(bitcast<f32>(memory[a0 + (i * 4 + j) % 8]));',
      '  }',
      '}',
    ].join('\n'),
  );
});
