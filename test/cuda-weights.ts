/** Numbers for tests of tensor cores. */
import { fromBfloat16 } from '../src/tensor/bfloat16.ts';
import { fromHalves } from '../src/tensor/f16.ts';
import type { Element } from '../targets/cuda/tensor/elements.ts';

/** Between −1 and 1, the same for the same i. */
export function random(i: number, seed: number): number {
  let x = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 31 - 1;
}

export function maskOf(
  rows: number,
  columns: number,
  value: (row: number, column: number) => number,
): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: rows * columns }, (_, i) => value(Math.floor(i / columns), i % columns));
}

/** What an element type makes of numbers; whole ones are up to 100. */
export function stored(values: Float32Array<ArrayBuffer>, element: Element): Float32Array<ArrayBuffer> {
  if (element.sum === 'int') return values.map((v) => Math.trunc(v * 100) || (v === 0 ? 0 : 1));
  const bytes = element.store(values);
  if (element.name === 'tf32') return new Float32Array(bytes.buffer);
  const words = new Uint16Array(bytes.buffer);
  return element.name === 'f16' ? fromHalves(words) : Float32Array.from(words, fromBfloat16);
}
