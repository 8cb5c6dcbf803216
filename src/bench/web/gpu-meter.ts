/** What a page or a process hands to WebGPU, whoever does it: bytes that are uploaded, and bytes that buffers hold. */

import type { GpuCounts } from '../report.ts';

type Prototype = Record<string, (...args: never[]) => unknown>;

/** Counts from now on: what it gives tells how much that is so far. */
export function meterGpu(): () => GpuCounts {
  let [uploaded, held, most] = [0, 0, 0];
  const sizes = new WeakMap<object, number>();
  const watch = <T extends unknown[]>(
    name: string,
    member: string,
    after: (self: object, made: unknown, args: T) => void,
  ) => {
    const owner = (globalThis as unknown as Readonly<Record<string, { readonly prototype: Prototype } | undefined>>)[
      name
    ];
    const plain = owner?.prototype[member] as ((...args: T) => unknown) | undefined;
    if (!owner || !plain) return;
    owner.prototype[member] = function (this: object, ...args: T): unknown {
      const made = plain.apply(this, args);
      after(this, made, args);
      return made;
    } as Prototype[string];
  };
  watch<[GPUBufferDescriptor]>('GPUDevice', 'createBuffer', (_, made, [{ size, mappedAtCreation }]) => {
    sizes.set(made as object, size);
    held += size;
    most = Math.max(most, held);
    if (mappedAtCreation) uploaded += size;
  });
  watch<[]>('GPUBuffer', 'destroy', (buffer) => {
    held -= sizes.get(buffer) ?? 0;
    sizes.delete(buffer);
  });
  watch<[number, number?, number?]>('GPUBuffer', 'mapAsync', (buffer, _, [mode, offset = 0, size]) => {
    if (mode === forWriting) uploaded += size ?? (sizes.get(buffer) ?? 0) - offset;
  });
  watch<[unknown, number, BufferSource, number?, number?]>(
    'GPUQueue',
    'writeBuffer',
    (_, __, [, , data, from, count]) => {
      uploaded += bytesWritten(data, from, count);
    },
  );
  watch<[unknown, BufferSource]>('GPUQueue', 'writeTexture', (_, __, [, data]) => {
    uploaded += data.byteLength;
  });
  return () => ({ uploadedBytes: uploaded, heldBytes: most });
}

/** GPUMapMode.WRITE. */
const forWriting = 2;

/** Of arrays, elements are counted; of anything else, bytes. */
export function bytesWritten(data: BufferSource, from = 0, count?: number): number {
  const each = (data as Partial<Float32Array>).BYTES_PER_ELEMENT ?? 1;
  return (count ?? data.byteLength / each - from) * each;
}
