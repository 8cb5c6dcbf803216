/**
 * Blocks of stored numbers, as modules carry them: f32, stored as f16 where that is exact, or the codes that an encoding says.
 *
 *     i32   bytes of the block, a multiple of 4
 *     i32   bits of a number: 32, or up to 8 of a code
 *     i32   what is taken from a code
 *     i32   how many scales follow: one for all rows, one a row, or none
 *     i32   how many entries of a table follow
 *     f32   scales, and the table
 *     the numbers, lowest bit first, and a byte that no code needs
 */
import { codeBytes, packCodes } from '../../../src/formats/bits.ts';
import type { Coder } from '../../../src/formats/codes.ts';
import type { Routine } from '../../../src/plan/kernel.ts';
import type { Piece } from '../../../src/plan/plan.ts';
import { bytesWhole } from '../../../src/plan/plan.ts';
import { isF16, toHalves } from '../../../src/tensor/f16.ts';
import { wordsOf } from '../../../src/tensor/matrix.ts';
import { bytesOf } from '../../../src/tensor/numbers.ts';

/** Reads one number of a block. */
export const storedValue: Routine = {
  name: 'stored-value',
  template: 'wasm/kernels/stored-value.wat.hbs',
  view: {},
  needs: [],
};

/** Before scales and tables. */
export const headBytes = 20;

const none = new Float32Array(0);

export function storedNumbers(numbers: Float32Array<ArrayBuffer>): readonly Piece[] {
  return block(32, 0, none, none, numbersPiece(numbers));
}

/** `rowOf`: the row of weights that number i belongs to. */
export function storedCodes(
  numbers: Float32Array<ArrayBuffer>,
  { bits, zero, scale, table, codeOf }: Coder,
  rowOf: (i: number) => number,
): readonly Piece[] {
  const codes = Uint8Array.from(wordsOf(numbers), (word, i) => codeOf(word, rowOf(i)));
  const bytes = new Uint8Array(4 * Math.ceil((codeBytes(codes.length, bits) + 1) / 4));
  bytes.set(packCodes(codes, bits));
  return block(bits, zero, scale, table, { kind: 'codes', bytes });
}

export const numbersPiece = (numbers: Float32Array<ArrayBuffer>): Piece =>
  areHalves(numbers)
    ? { kind: 'halves', bytes: bytesOf(toHalves(numbers)) }
    : { kind: 'singles', bytes: bytesOf(numbers) };

/** Whether numbers are stored in half of their bytes: all of them, exactly. Few take more in calls than they save. */
const areHalves = (numbers: Float32Array): boolean =>
  numbers.length >= leastApart && numbers.every((v) => isF16(v) && Number.isFinite(v));

/** Shorter runs of numbers stay in one piece: a call for each costs as much as it saves. */
export const leastApart = 64;

function block(
  bits: number,
  zero: number,
  scale: Float32Array<ArrayBuffer>,
  table: Float32Array<ArrayBuffer>,
  numbers: Piece,
): readonly Piece[] {
  const bytes = new Uint8Array(headBytes + 4 * (scale.length + table.length));
  const length = bytes.length + bytesWhole(numbers);
  new Int32Array(bytes.buffer).set([length, ...[bits, zero, scale.length, table.length]]);
  const side = new Uint32Array(bytes.buffer, headBytes);
  side.set(wordsOf(scale));
  side.set(wordsOf(table), scale.length);
  return [{ kind: 'side', bytes }, numbers];
}
