/**
 * tfjs-core decodes weights into tensors only, and a tensor needs a backend. This one stores and computes nothing;
 * it is there while weights are decoded, and whichever backend was active before is active again afterwards.
 */
import type { BackendValues, DataId } from '@tensorflow/tfjs-core';
import { getBackend, io, KernelBackend, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { bug } from '../../diagnostic.ts';
import type { WeightEntry } from './json.ts';

const name = 'espalier-storage';

class Storage extends KernelBackend {
  readonly #values = new Map<DataId, BackendValues>();

  override write(values: BackendValues): DataId {
    const id = {};
    this.#values.set(id, values);
    return id;
  }
  override readSync(id: DataId): BackendValues {
    return this.#values.get(id) ?? bug('a decoded weight is read twice');
  }
  override disposeData(id: DataId): boolean {
    return this.#values.delete(id);
  }
  override numDataIds(): number {
    return this.#values.size;
  }
  override refCount(): number {
    return 1;
  }
  override incRef(): void {}
  override floatPrecision(): 32 {
    return 32;
  }
  override dispose(): void {
    this.#values.clear();
  }
}

export type Decoded = Float32Array | Int32Array | Uint8Array;

/** Runs `body` with a function that turns the bytes of one weight into its values, dequantised as TensorFlow.js does. */
export function withDecoder<T>(
  body: (decode: (bytes: Uint8Array<ArrayBuffer>, entry: WeightEntry) => Decoded) => T,
): T {
  const before: string | undefined = getBackend();
  registerBackend(name, () => new Storage(), 0);
  // Nothing is awaited: a backend that is made at once is also active at once.
  void setBackend(name);
  try {
    return body(decodeOne);
  } finally {
    removeBackend(name);
    if (before) void setBackend(before);
  }
}

function decodeOne(bytes: Uint8Array<ArrayBuffer>, { quantization, ...entry }: WeightEntry): Decoded {
  // Tensors are found by name, and a name from a file could be that of a property of every object.
  const spec = {
    ...entry,
    name: 'weight',
    ...(quantization && { quantization }),
  } as unknown as io.WeightsManifestEntry;
  const { weight } = io.decodeWeights(bytes.slice().buffer, [spec]);
  const values = weight.dataSync() as Decoded;
  weight.dispose();
  return values;
}
