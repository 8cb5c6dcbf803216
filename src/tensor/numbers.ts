/** Typed arrays by element type. Values of f16 and bf16 are held as their bits. */
import { fromBfloat16, toBfloat16 } from './bfloat16.ts';
import { fromF16, nearestF16 } from './f16.ts';
import type { DType } from './type.ts';
import { bytesPer } from './type.ts';

export type Numbers =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

const views: Readonly<Record<DType, (buffer: ArrayBuffer, offset: number, length: number) => Numbers>> = {
  f32: (buffer, offset, length) => new Float32Array(buffer, offset, length),
  f16: (buffer, offset, length) => new Uint16Array(buffer, offset, length),
  bf16: (buffer, offset, length) => new Uint16Array(buffer, offset, length),
  i32: (buffer, offset, length) => new Int32Array(buffer, offset, length),
  u32: (buffer, offset, length) => new Uint32Array(buffer, offset, length),
  i16: (buffer, offset, length) => new Int16Array(buffer, offset, length),
  u16: (buffer, offset, length) => new Uint16Array(buffer, offset, length),
  i8: (buffer, offset, length) => new Int8Array(buffer, offset, length),
  u8: (buffer, offset, length) => new Uint8Array(buffer, offset, length),
};

/** `length` elements that lie in `buffer`, from byte `offset` on. */
export const viewOf = (dtype: DType, buffer: ArrayBuffer, offset: number, length: number): Numbers =>
  views[dtype](buffer, offset, length);

/** Zeros of an element type. */
export const zeros = (dtype: DType, length: number): Numbers =>
  viewOf(dtype, new ArrayBuffer(length * bytesPer[dtype]), 0, length);

/** The element type that a typed array holds; bits of f16 and bf16 read as u16. */
export function dtypeOf(data: Numbers): DType {
  if (data instanceof Float32Array) return 'f32';
  if (data instanceof Int32Array) return 'i32';
  if (data instanceof Uint32Array) return 'u32';
  if (data instanceof Int16Array) return 'i16';
  if (data instanceof Uint16Array) return 'u16';
  return data instanceof Int8Array ? 'i8' : 'u8';
}

/** The bytes of `data`, little endian as every supported machine keeps them. */
export const bytesOf = (data: Numbers): Uint8Array<ArrayBuffer> =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Equal bit for bit, so that NaN equals NaN and −0 differs from 0. */
export function sameBits(a: Numbers, b: Numbers): boolean {
  const [x, y] = [bytesOf(a), bytesOf(b)];
  if (a.length !== b.length || x.length !== y.length) return false;
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}

const same = (x: number): number => x;

/** What an array of an element type holds of a number. Real ones become the nearest that there are, ties to even: beyond the largest, that. */
export const heldIn = (dtype: DType): ((x: number) => number) =>
  dtype === 'f16' ? nearestF16 : dtype === 'bf16' ? toBfloat16 : same;

/** The number that an array of an element type holds. */
export const valueIn = (dtype: DType): ((held: number) => number) =>
  dtype === 'f16' ? fromF16 : dtype === 'bf16' ? fromBfloat16 : same;
