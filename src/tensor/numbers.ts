/** Typed arrays by element type. An f16 value is held as its bits. */
import type { DType } from './type.ts';

export type Numbers =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

const makers: Readonly<Record<DType, (length: number) => Numbers>> = {
  f32: (n) => new Float32Array(n),
  f16: (n) => new Uint16Array(n),
  i32: (n) => new Int32Array(n),
  u32: (n) => new Uint32Array(n),
  i16: (n) => new Int16Array(n),
  u16: (n) => new Uint16Array(n),
  i8: (n) => new Int8Array(n),
  u8: (n) => new Uint8Array(n),
};

/** Zeros of an element type. */
export const zeros = (dtype: DType, length: number): Numbers => makers[dtype](length);

/** The element type that a typed array holds; bits of f16 read as u16. */
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
  return a.length === b.length && x.length === y.length && x.every((v, i) => v === y[i]);
}
