/** The bytes of one weight → its values, dequantised as TensorFlow.js does. */
import { fromHalves } from '../../tensor/f16.ts';
import type { WeightEntry } from './json.ts';

export type Decoded = Float32Array | Int32Array | Uint8Array;

/** `bytes` are as many as type and shape say. */
export function decode(bytes: Uint8Array<ArrayBuffer>, { dtype, quantization }: WeightEntry): Decoded {
  // In memory of its own, where numbers of four bytes stand at multiples of four.
  const { buffer } = bytes.slice();
  if (quantization?.dtype === 'float16') return fromHalves(new Uint16Array(buffer));
  if (quantization) {
    const { scale, min } = quantization;
    const codes = quantization.dtype === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer);
    const values = dtype === 'int32' ? new Int32Array(codes.length) : new Float32Array(codes.length);
    for (let i = 0; i < codes.length; i++) {
      const value = codes[i] * scale + min;
      values[i] = dtype === 'int32' ? Math.round(value) : value;
    }
    return values;
  }
  if (dtype === 'float32') return new Float32Array(buffer);
  return dtype === 'int32' ? new Int32Array(buffer) : new Uint8Array(buffer);
}
