/** Where everything lies: activations and ports in one buffer, weights as they are stored in another. */
import type { Arr } from '../../src/loop/loop.ts';
import { alignUp } from '../../src/plan/arena.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { bytesOf } from '../../src/tensor/numbers.ts';
import { bytesPer } from '../../src/tensor/type.ts';

export interface Places {
  /** In bytes, from where its buffer begins. */
  readonly at: ReadonlyMap<Arr, { readonly buffer: 'memory' | 'weights'; readonly offset: number }>;
  /** Bytes of the buffer with all that a run computes. */
  readonly memory: number;
  /** What is uploaded once. */
  readonly weights: Uint8Array<ArrayBuffer>;
}

/** What WebGPU asks of the beginning of anything that is bound by itself, or copied. */
const alignment = 256;

/** Constants are smaller and many; a whole vector is enough for them. */
const vector = 16;

/** `guard` bytes that nothing uses follow each array, for tests. */
export function placesOf(plan: Plan, guard = 0): Places {
  const at = new Map<Arr, { readonly buffer: 'memory' | 'weights'; readonly offset: number }>();
  let end = 0;
  for (const { array } of [...plan.inputs, ...plan.outputs]) {
    at.set(array, { buffer: 'memory', offset: end });
    end = alignUp(end + array.length * bytesPer[array.dtype] + guard, alignment);
  }
  for (const [array, offset] of plan.arena.places) at.set(array, { buffer: 'memory', offset: end + offset });
  let bytes = 0;
  for (const { array, data } of plan.constants) {
    at.set(array, { buffer: 'weights', offset: bytes });
    bytes = alignUp(bytes + data.byteLength, vector);
  }
  const weights = new Uint8Array(bytes);
  for (const { array, data } of plan.constants) weights.set(bytesOf(data), at.get(array)?.offset);
  return { at, memory: alignUp(Math.max(end + plan.arena.peak, alignment), alignment), weights };
}
