/** Codes of a few bits each, one after the other, lowest bit first: in memory, and as a load of the loop language. */
import type { Arr, Expr } from '../loop/loop.ts';
import { add, binary, both, load, mul } from '../loop/loop.ts';

/** Bits that tell `count` things apart. */
export const bitsFor = (count: number): number => Math.ceil(Math.log2(count));

/** Whether a code may lie in two bytes. */
const straddles = (width: number): boolean => 8 % width !== 0;

/** Bytes of `count` codes of `width` bits, 1 to 8. A code is read as two bytes where it may lie in two, so one follows the last. */
export const codeBytes = (count: number, width: number): number =>
  Math.ceil((count * width) / 8) + (straddles(width) ? 1 : 0);

export function packCodes(codes: Uint8Array<ArrayBuffer>, width: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(codeBytes(codes.length, width));
  for (let i = 0; i < codes.length; i++) {
    const bit = i * width;
    const spread = codes[i] << (bit & 7);
    bytes[bit >> 3] |= spread;
    if (spread > 255) bytes[(bit >> 3) + 1] |= spread >> 8;
  }
  return bytes;
}

export function codeAt(bytes: ArrayLike<number>, width: number, i: number): number {
  const bit = i * width;
  const low = bytes[bit >> 3];
  const pair = straddles(width) ? low | (bytes[(bit >> 3) + 1] << 8) : low;
  return (pair >> (bit & 7)) & ((1 << width) - 1);
}

/** Code number `i` of an array of bytes, as an i32. */
export function loadCode(bytes: Arr, width: number, i: Expr): Expr {
  const bit = mul(i, width);
  const byte = binary('>>', bit, 3);
  const low = load(bytes, byte);
  const pair = straddles(width) ? binary('|', low, binary('<<', load(bytes, add(byte, 1)), 8)) : low;
  return both(binary('>>', pair, both(bit, 7)), (1 << width) - 1);
}
