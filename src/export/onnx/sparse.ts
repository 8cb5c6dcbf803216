/** Weights that are mostly zeros as places and values: a `sparse_initializer`. */
import { countLive, liveEntries } from '../../tensor/matrix.ts';
import type { Stored } from './file.ts';

export interface Sparse {
  readonly values: Float32Array<ArrayBuffer>;
  /** Flat, ascending. */
  readonly places: BigInt64Array<ArrayBuffer>;
}

/** Below this a tensor is no weights, and nothing is won. */
const fewest = 64;

/**
 * The weights that are kept, those that are 0 among them where a mask says so. Undefined where that takes more bytes than
 * all of them, or where a value that is not kept is something else than 0.
 */
export function sparseOf({ element, shape, data, mask }: Stored): Sparse | undefined {
  if (element !== 'float' || !(data instanceof Float32Array) || data.length < fewest || shape.length < 2)
    return undefined;
  const matrix = { rows: 1, columns: data.length, run: data.length, data, ...(mask && { mask }) };
  const live = countLive(matrix);
  // A value takes 4 bytes and its place 8. No value at all is more than runtimes expect.
  if (live === 0 || live * 12 >= data.length * 4) return undefined;
  if (mask && data.some((value, at) => mask[at] === 0 && value !== 0)) return undefined;
  const { column, value } = liveEntries(matrix);
  return { values: value, places: BigInt64Array.from(column, BigInt) };
}
