/**
 * Blocks of stored numbers, as modules carry them: f32, f16 where that is exact, or the codes that an encoding says.
 *
 *     i32   bytes of the block, a multiple of 4
 *     i32   bits of a number: 32, 16, or up to 8 of a code
 *     i32   what is taken from a code
 *     i32   how many scales follow: one for all rows, one a row, or none
 *     i32   how many entries of a table follow
 *     f32   scales, and the table
 *     the numbers, lowest bit first, and a byte that no code needs
 */
import { codeBytes, packCodes } from '../../../src/formats/bits.ts';
import type { Coder } from '../../../src/formats/codes.ts';
import type { Routine } from '../../../src/plan/kernel.ts';
import { isF16, toF16 } from '../../../src/tensor/f16.ts';
import { wordsOf } from '../../../src/tensor/matrix.ts';
import { bytesOf } from '../../../src/tensor/numbers.ts';
import { math } from '../math.ts';

/** Reads one number of a block. */
export const storedValue: Routine = {
  name: 'stored-value',
  template: 'wasm/kernels/stored-value.wat.hbs',
  view: {},
  needs: [math.f16],
};

/** Before scales and tables. */
export const headBytes = 20;

const none = new Float32Array(0);

export function storedNumbers(numbers: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const half = numbers.every(isF16);
  return block(half ? 16 : 32, 0, none, none, bytesOf(half ? Uint16Array.from(numbers, toF16) : numbers));
}

/** `rowOf`: the row of weights that number i belongs to. */
export function storedCodes(
  numbers: Float32Array<ArrayBuffer>,
  { bits, zero, scale, table, codeOf }: Coder,
  rowOf: (i: number) => number,
): Uint8Array<ArrayBuffer> {
  const codes = Uint8Array.from(wordsOf(numbers), (word, i) => codeOf(word, rowOf(i)));
  const packed = new Uint8Array(codeBytes(codes.length, bits) + 1);
  packed.set(packCodes(codes, bits));
  return block(bits, zero, scale, table, packed);
}

function block(
  bits: number,
  zero: number,
  scale: Float32Array<ArrayBuffer>,
  table: Float32Array<ArrayBuffer>,
  codes: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const start = headBytes + 4 * (scale.length + table.length);
  const bytes = new Uint8Array(4 * Math.ceil((start + codes.length) / 4));
  new Int32Array(bytes.buffer).set([bytes.length, bits, zero, scale.length, table.length]);
  const side = new Uint32Array(bytes.buffer, headBytes);
  side.set(wordsOf(scale));
  side.set(wordsOf(table), scale.length);
  bytes.set(codes, start);
  return bytes;
}
