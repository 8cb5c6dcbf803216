/** Numbers as ONNX Runtime wants and gives them: an array of its own kind for each of its types. */
import { fromF16, toF16 } from '../tensor/f16.ts';
import type { Numbers } from '../tensor/numbers.ts';

type Data = ArrayLike<number>;

const arrays: Readonly<Record<string, (data: Data) => ArrayBufferView>> = {
  float32: (data) => Float32Array.from(data),
  float64: (data) => Float64Array.from(data),
  float16: (data) => Uint16Array.from(data, toF16),
  int8: (data) => Int8Array.from(data),
  uint8: (data) => Uint8Array.from(data),
  int16: (data) => Int16Array.from(data),
  uint16: (data) => Uint16Array.from(data),
  int32: (data) => Int32Array.from(data),
  uint32: (data) => Uint32Array.from(data),
  int64: (data) => BigInt64Array.from(Array.from(data, BigInt)),
  uint64: (data) => BigUint64Array.from(Array.from(data, BigInt)),
  bool: (data) => Uint8Array.from(data, (v) => Number(v !== 0)),
};

/** Numbers as one of its types, by name; undefined where no numbers are of that type. */
export const ortData = (type: string, data: Data): ArrayBufferView | undefined =>
  Object.hasOwn(arrays, type) ? arrays[type](data) : undefined;

interface Given {
  readonly type?: string;
  readonly data?: unknown;
}

/** The numbers of one of its tensors, in memory of their own: f32 or i32. Undefined for everything else. */
export function numbersOf({ type, data }: Given): Numbers | undefined {
  if (type === undefined || !Object.hasOwn(arrays, type)) return undefined;
  if (type === 'float16' && data instanceof Uint16Array) return Float32Array.from(data, fromF16);
  if (type.startsWith('float')) return Float32Array.from(data as Data);
  return Int32Array.from(data as ArrayLike<number | bigint>, (v) => within(Number(v)));
}

/** As the importer does with numbers of 64 bits: the largest stay the largest. */
const within = (value: number): number => Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), value));
