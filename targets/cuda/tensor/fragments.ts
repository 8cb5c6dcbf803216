/**
 * Weights in the order in which lanes hold them (PTX ISA, "Matrix fragments for mma"): for each block of rows and each step,
 *
 *     segment (32 bytes of a row) > tile (16 rows) > lane > register (4 bytes)
 *
 * so that a warp loads a tile's segment as 16 bytes a lane, one behind the other. Register r of lane 4g + t has bytes 4t to 4t + 3 of
 * the 16-byte piece r / 2 of row g + 8 (r % 2). Where weights are sparse, their places follow in each step.
 */

export interface Order {
  /** Rows of a block, a multiple of 16. */
  readonly rows: number;
  /** Segments of a step: four of dense weights, two of those that are half as long. */
  readonly segments: number;
  /** Bytes behind the weights of each step. */
  readonly extra: number;
}

export const stepBytes = ({ rows, segments, extra }: Order): number => 32 * rows * segments + extra;

/** Where, in the words of a step, a row's word `word` lies, of 8 a segment. */
export function wordAt({ rows }: Order, row: number, word: number): number {
  const [segment, inSegment] = [word >> 3, word & 7];
  const [tile, inTile] = [row >> 4, row & 15];
  const register = 2 * (inSegment >> 2) + (inTile >> 3);
  const lane = 4 * (inTile & 7) + (inSegment & 3);
  return ((segment * (rows >> 4) + tile) * 32 + lane) * 4 + register;
}

/**
 * Puts the steps of one block of rows behind one another. `row(r, step)` gives the words of row r for a step, of which
 * `8 · segments` are taken.
 */
export function fillBlock(
  to: Uint32Array<ArrayBuffer>,
  order: Order,
  steps: number,
  row: (row: number, step: number) => Uint32Array<ArrayBuffer>,
): void {
  const size = stepBytes(order) / 4;
  for (let step = 0; step < steps; step++)
    for (let r = 0; r < order.rows; r++) {
      const words = row(r, step);
      for (let w = 0; w < 8 * order.segments; w++) to[step * size + wordAt(order, r, w)] = words[w];
    }
}

/** The same backwards: words of a row for a step. */
export function rowOf(
  from: Uint32Array<ArrayBuffer>,
  order: Order,
  row: number,
  step: number,
): Uint32Array<ArrayBuffer> {
  const size = stepBytes(order) / 4;
  return Uint32Array.from({ length: 8 * order.segments }, (_, w) => from[step * size + wordAt(order, row, w)]);
}
