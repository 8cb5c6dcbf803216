/** Rounding to 16 bits: what the loops compute is what the bits say, for every kind of number. */
import { expect, test } from 'vitest';
import { fromBfloat16, toBfloat16 } from '../src/tensor/bfloat16.ts';
import { fromF16, toF16 } from '../src/tensor/f16.ts';
import { meaning, runLoops, value } from './ops/law.ts';

type Name = 'to-float16' | 'to-bfloat16';

const sample = (fn: Name, xs: readonly number[]) => ({
  op: { kind: 'unary', fn } as const,
  values: [value('f32', [xs.length], xs)],
});

/** Every 16-bit number, the f32 half-way to the next, and those beside that. */
function around(decode: (bits: number) => number, step: number): readonly number[] {
  const word = new Uint32Array(1);
  const float = new Float32Array(word.buffer);
  const found: number[] = [];
  for (let bits = 0; bits < 65536; bits += 7) {
    float[0] = decode(bits);
    const start = word[0];
    for (const by of [0, step / 2 - 1, step / 2, step / 2 + 1, step - 1]) {
      word[0] = start + by;
      found.push(float[0]);
    }
  }
  return found;
}

function expectExact(fn: Name, xs: readonly number[], floor: number): void {
  const [want, got] = [meaning(sample(fn, xs)), runLoops(sample(fn, xs))];
  const isRight = (i: number): boolean =>
    got[i] === want[i] || (Number.isNaN(got[i]) && Number.isNaN(want[i])) || Math.abs(xs[i]) < floor;
  const wrong = [...xs.keys()].filter((i) => !isRight(i));
  expect(wrong.slice(0, 5).map((i) => `${xs[i]}: ${got[i]} for ${want[i]}`)).toEqual([]);
}

test('halves, subnormal ones and those beyond the range among them', () => {
  expectExact('to-float16', around(fromF16, 2 ** 13), 0);
  expectExact('to-float16', [65519, 65520, -65520, 65536, 1e30, -1e38, 2.9e-8, 3e-8, 1e-40, Infinity, NaN], 0);
});

test('bfloat16, down to where f32 has fewer digits itself', () => {
  expectExact('to-bfloat16', around(fromBfloat16, 2 ** 16), 2 ** -126);
  expectExact('to-bfloat16', [3.3895e38, 3.39e38, 3.4e38, -3.4e38, 1e30, -Infinity, NaN], 0);
});

test('bits of known numbers', () => {
  expect([1, -2, 0.1, Infinity, -Infinity].map(toBfloat16)).toEqual([0x3f80, 0xc000, 0x3dcd, 0x7f80, 0xff80]);
  expect(fromBfloat16(toBfloat16(NaN))).toBeNaN();
  expect([1.00390625, 1.01171875].map((x) => fromBfloat16(toBfloat16(x)))).toEqual([1, 1.015625]);
  expect([1, -2, 0.1].map(toF16)).toEqual([0x3c00, 0xc000, 0x2e66]);
});
