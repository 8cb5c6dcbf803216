/**
 * The weights of a module as a file of their own: segments of its memory one after the other, in whole words. The loader knows
 * where each belongs, and by length and checksum whether it has the right file.
 */
import { createHash } from 'node:crypto';
import type { Segment } from './memory.ts';

export interface WeightsFile {
  readonly file: string;
  readonly contents: Uint8Array<ArrayBuffer>;
  readonly pieces: readonly { readonly offset: number; readonly length: number }[];
  /** A u32. */
  readonly checksum: number;
  /** Of the contents, for caches: SHA-256. */
  readonly hash: string;
}

/** Odd, so that no two words have one product. */
export const multiplier = 0x9e3779b1;

export function weightsFile(name: string, segments: readonly Segment[]): WeightsFile {
  const pieces = segments.map(({ offset, bytes }) => ({ offset, length: bytes.length }));
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  const contents = new Uint8Array(4 * Math.ceil(total / 4));
  let at = 0;
  for (const { bytes } of segments) {
    contents.set(bytes, at);
    at += bytes.length;
  }
  return {
    file: `${name}.bin`,
    contents,
    pieces,
    checksum: checksumOf(contents),
    hash: createHash('sha256').update(contents).digest('hex'),
  };
}

/** Word by word, a product and a shift for each: every word counts, and where it stands. The loader does the same. */
function checksumOf(contents: Uint8Array<ArrayBuffer>): number {
  const view = new DataView(contents.buffer);
  let hash = 0;
  for (let at = 0; at < contents.length; at += 4) {
    hash = Math.imul(hash ^ view.getUint32(at, true), multiplier);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}
