/** How kernels tell what a layer's weights are to be stored as. */
import type { Encoding } from '../../src/tensor/type.ts';

/** Which weights are stored, in order; entries with a row of −1 are zeros that pad. */
export interface Order {
  readonly rows: ArrayLike<number>;
  readonly columns: ArrayLike<number>;
}

/** Rows that a sparse kernel computes together. */
export type Height = 1 | 2 | 4;

/** The most that so many rows are a multiple of. */
export const fitting = (rows: number): Height => (rows % 4 === 0 ? 4 : rows % 2 === 0 ? 2 : 1);

/** How many rows share their places, where weights are stored so: all of a block, a vector or a block of filters. */
export function heightOf({ format, params }: Encoding): Height {
  if (format === 'block' || format === 'vec') return fitting(params.r);
  return format === 'punched' ? fitting(params.f) : 1;
}
