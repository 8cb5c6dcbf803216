/**
 * Weights packed for warpgroups: for each block of rows, step by step, what shared memory holds. A row has 128 bytes of a step, whose
 * pieces of 16 are swizzled (PTX ISA, "Shared memory matrix layout", 128-byte swizzle): piece p of row r is in place p ^ (r % 8).
 *
 * Of 2:4 weights, the kept ones one after the other; behind the rows are their places, for each 64 rows
 *
 *     warp (16 rows) > lane > word (64 columns)
 *
 * whose bits are those of `mma.sp` (../tensor/sparse.ts), but that two times 32 columns share a word instead of two times 16 rows:
 * lanes 4g and 4g + 1 have the first 32, for rows g and g + 8, lanes 4g + 2 and 4g + 3 the last.
 */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import type { Depth, Taps } from '../tensor/depth.ts';
import { depthOf, pieceAt, spread } from '../tensor/depth.ts';
import type { Element } from '../tensor/elements.ts';
import { perPiece } from '../tensor/elements.ts';
import { keepHalf } from '../tensor/sparse.ts';
import type { WideTile, WideWay } from './tiles.ts';
import { wideColumns, wideStep, wideWeightBytes } from './tiles.ts';

export interface WidePacking {
  readonly weights: Uint32Array<ArrayBuffer>;
  /** Of a block of rows. */
  readonly steps: number;
  /** Blocks of rows. */
  readonly blocks: number;
  readonly depth: Depth;
}

/**
 * In 16 bits. `rowsOfCluster`: those of a cluster are all there. Or why they are not 2:4. Tap by tap, whose channels are padded to whole pieces
 * where there are several.
 */
export function packWide(
  matrix: Matrix,
  way: WideWay,
  tile: WideTile,
  rowsOfCluster: number,
  element: Element,
): WidePacking | string {
  const step = wideStep(way);
  const depth = wideDepth(matrix, way, element);
  const { rows, values } = spread(matrix, depth, rowsOfCluster);
  const steps = depth.columns / step;
  const size = wideWeightBytes(way, tile) / 4;
  const packing = {
    weights: new Uint32Array((rows / tile.rows) * steps * size),
    steps,
    blocks: rows / tile.rows,
    depth,
  };
  const kept = way === 'sparse' ? keepHalf(values, rows, depth.columns, element) : { values, nibbles: undefined };
  if ('row' in kept)
    return `takes weights of which at most 2 are kept in every 4 columns, and row ${kept.row} has more in columns ${kept.column}..${kept.column + 3}`;

  const stored = element.store(kept.values);
  const words = new Uint32Array(stored.buffer, stored.byteOffset, stored.byteLength / 4);
  const groups = depth.columns / 4;
  for (let row = 0; row < rows; row++) {
    const inBlock = row % tile.rows;
    const block = Math.floor(row / tile.rows) * steps;
    for (let s = 0; s < steps; s++) {
      const to = packing.weights.subarray((block + s) * size, (block + s + 1) * size);
      const own = words.subarray((row * steps + s) * 32, (row * steps + s + 1) * 32);
      for (let piece = 0; piece < 8; piece++)
        to.set(own.subarray(4 * piece, 4 * piece + 4), wordOfPiece(inBlock, piece));
      if (!kept.nibbles) continue;
      for (let group = 0; group < 32; group++) {
        const [word, shift] = placeOfGroup(inBlock, group);
        to[32 * tile.rows + word] |= kept.nibbles[row * groups + 32 * s + group] << shift;
      }
    }
  }
  return packing;
}

/** Columns in the order in which they are multiplied. */
export function wideDepth(matrix: Matrix, way: WideWay, element: Element): Depth {
  const depth = depthOf(matrix, element);
  return { ...depth, columns: wideColumns(depth.taps * depth.padded, way) };
}

/** The pieces of all steps, as kernels are told of them. */
export function wideList(depth: Depth, taps: Taps, element: Element): Int32Array<ArrayBuffer> {
  const each = perPiece(element);
  const pieces = Array.from({ length: depth.columns / each }, (_, i) => pieceAt(i * each, depth, taps, element));
  return Int32Array.from(pieces.flat());
}

/** Where 16 bytes of a row of 128 are, in words. */
export const wordOfPiece = (row: number, piece: number): number => 32 * row + 4 * (piece ^ (row & 7));

/** Where the places of a row's four columns are behind its block: the word, and the lowest of four bits. */
export function placeOfGroup(row: number, group: number): readonly [word: number, shift: number] {
  const [warp, high, g] = [row >> 4, (row >> 3) & 1, row & 7];
  const [pair, selector, inHalf] = [group >> 4, (group >> 3) & 1, group & 7];
  const lane = 4 * g + 2 * selector + (inHalf >> 2);
  return [(warp * 32 + lane) * 2 + pair, 16 * high + 4 * (inHalf & 3)];
}
