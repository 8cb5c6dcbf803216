/** How kernels tell what a layer's weights are to be stored as. */
import type { Encoding } from '../../src/tensor/type.ts';

/** Rows that a block kernel computes together. */
export const tall = 4;

/** Blocks of one column and rows in fours. */
export const isTallBlock = ({ format, params }: Encoding): boolean =>
  format === 'block' && params.c === 1 && params.r % tall === 0;
