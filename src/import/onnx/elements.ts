/** The element types of ONNX, and how their numbers are read as f32 or i32. */
import { fromBfloat16 } from '../../tensor/bfloat16.ts';
import { fromF16 } from '../../tensor/f16.ts';
import type { Int64 } from './schema.ts';

/** Types that are read. Floating-point ones become f32 and whole ones i32, `bool` as 0 and 1. */
export type Element =
  | 'float'
  | 'float16'
  | 'bfloat16'
  | 'double'
  | 'bool'
  | 'int4'
  | 'uint4'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64';

/** By number, as in TensorProto.DataType; those that are only named are not read. */
const names: Readonly<Record<number, string>> = {
  1: 'float',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'double',
  12: 'uint32',
  13: 'uint64',
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
};

interface Row {
  readonly dtype: 'f32' | 'i32';
  readonly bits: number;
  /** The values that whole numbers of the type have. */
  readonly range: readonly [low: number, high: number];
  /** One element of raw bytes, little endian. */
  readonly read: (view: DataView, index: number) => number;
  /** What a number of the typed fields stands for: bits, for the types of 16 bits. */
  readonly typed: (value: number) => number;
}

const same = (value: number): number => value;
const whole = (bits: number, signed: boolean, read: Row['read']): Row => ({
  dtype: 'i32',
  bits,
  range: signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1],
  read,
  typed: same,
});
const real = (bits: number, read: Row['read'], typed: Row['typed'] = same): Row => ({
  dtype: 'f32',
  bits,
  range: [-Infinity, Infinity],
  read,
  typed,
});

/** Two to a byte, the first in the low half. */
const nibble = (view: DataView, i: number): number => (view.getUint8(i >> 1) >> (4 * (i & 1))) & 15;

const rows: Readonly<Record<Element, Row>> = {
  float: real(32, (v, i) => v.getFloat32(4 * i, true)),
  double: real(64, (v, i) => v.getFloat64(8 * i, true)),
  float16: real(16, (v, i) => fromF16(v.getUint16(2 * i, true)), fromF16),
  bfloat16: real(16, (v, i) => fromBfloat16(v.getUint16(2 * i, true)), fromBfloat16),
  bool: { ...whole(8, false, (v, i) => Number(v.getUint8(i) !== 0)), range: [0, 1], typed: (x) => Number(x !== 0) },
  int4: whole(4, true, (v, i) => (nibble(v, i) << 28) >> 28),
  uint4: whole(4, false, nibble),
  int8: whole(8, true, (v, i) => v.getInt8(i)),
  uint8: whole(8, false, (v, i) => v.getUint8(i)),
  int16: whole(16, true, (v, i) => v.getInt16(2 * i, true)),
  uint16: whole(16, false, (v, i) => v.getUint16(2 * i, true)),
  int32: whole(32, true, (v, i) => v.getInt32(4 * i, true)),
  uint32: whole(32, false, (v, i) => v.getUint32(4 * i, true)),
  int64: whole(64, true, (v, i) => v.getInt32(8 * i + 4, true) * 2 ** 32 + v.getUint32(8 * i, true)),
  uint64: whole(64, false, (v, i) => v.getUint32(8 * i + 4, true) * 2 ** 32 + v.getUint32(8 * i, true)),
};

export const elementRow = (element: Element): Row => rows[element];

export const dtypeOfElement = (element: Element): 'f32' | 'i32' => rows[element].dtype;

/** The element type of a number, if it is one that is read. */
export function elementOf(type: number): Element | undefined {
  const name = elementName(type);
  return Object.hasOwn(rows, name) ? (name as Element) : undefined;
}

export const elementName = (type: number): string => (Object.hasOwn(names, type) ? names[type] : `number ${type}`);

/** The number that ONNX has for an element type. */
export const elementNumber = (element: Element): number =>
  Number(Object.keys(names).find((number) => names[Number(number)] === element));

export const elementNames: readonly string[] = Object.keys(rows);

/**
 * Numbers of 64 bits come to hand as i32. The largest and the smallest stand for "to the end" in slices and stay
 * the largest and the smallest; any other that does not fit is undefined.
 */
export function toI32(value: number): number | undefined {
  if (value >= 2 ** 62) return 2 ** 31 - 1;
  if (value <= -(2 ** 62)) return -(2 ** 31);
  return value >= -(2 ** 31) && value < 2 ** 31 ? value : undefined;
}

/** A size or a count; undefined where it is none. */
export const sizeOf = (value: Int64): number | undefined => {
  const size = value.toNumber();
  return size >= 0 && size < 2 ** 31 ? size : undefined;
};
