/** Blocks of which every entry is kept, whose sizes are powers of two up to 16. */
import type { Matrix } from '../tensor/matrix.ts';
import type { Block } from './blocks.ts';
import type { LiveBits } from './livebits.ts';
import { eachBit, liveBits, popcount } from './livebits.ts';

/** Writes to `band` which columns have a live entry in all of `height` rows. */
function shareBand({ wordsPerRow, words }: LiveBits, row: number, height: number, band: Int32Array): void {
  for (let w = 0, at = row * wordsPerRow; w < wordsPerRow; w++, at++) {
    let word = words[at];
    for (let i = 1; i < height; i++) word &= words[at + i * wordsPerRow];
    band[w] = word;
  }
}

const starts: Readonly<Record<number, number>> = { 1: -1, 2: 0x55555555, 4: 0x11111111, 8: 0x01010101, 16: 0x00010001 };

/** The first bits of the aligned groups of `c` bits that are all set. Bits past a run are not, so no group hangs over. */
function fullGroups(word: number, c: number): number {
  let full = word;
  for (let width = 1; width < c; width *= 2) full &= full >>> width;
  return full & starts[c];
}

/** Calls `visit` with the first row and column of each full block. */
export function eachFull(m: Matrix, { r, c }: Block, visit: (row: number, column: number) => void): void {
  const bits = liveBits(m);
  const band = new Int32Array(bits.wordsPerRow);
  for (let row = 0; row + r <= m.rows; row += r) {
    shareBand(bits, row, r, band);
    for (let w = 0; w < band.length; w++) band[w] = fullGroups(band[w], c);
    eachBit(bits, band, (column) => visit(row, column));
  }
}

/** How many full blocks there are of each size. */
export function countFull(m: Matrix): (size: Block) => number {
  const byHeight = new Map<number, ReadonlyMap<number, number>>();
  return ({ r, c }) => {
    const counts = byHeight.get(r) ?? countHeight(m, r);
    byHeight.set(r, counts);
    return counts.get(c) ?? 0;
  };
}

/** The full blocks of one height, by width. */
function countHeight(m: Matrix, r: number): ReadonlyMap<number, number> {
  const bits = liveBits(m);
  const band = new Int32Array(bits.wordsPerRow);
  const counts = new Int32Array(17);
  for (let row = 0; row + r <= m.rows; row += r) {
    shareBand(bits, row, r, band);
    for (let w = 0; w < band.length; w++) {
      let full = band[w];
      if (full === 0) continue;
      counts[1] += popcount(full);
      for (let width = 1; width < 16 && full !== 0; width *= 2) {
        full &= (full >>> width) & starts[2 * width];
        counts[2 * width] += popcount(full);
      }
    }
  }
  return new Map([1, 2, 4, 8, 16].map((c) => [c, counts[c]]));
}
