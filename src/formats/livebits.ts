/** Which weights are kept, as bits: looking at 32 weights at once makes it cheap to try many sizes of block. */
import type { Matrix } from '../tensor/matrix.ts';
import { liveness } from '../tensor/matrix.ts';

/** Row after row and run after run, lowest bit first. Each run begins a new word. */
export interface LiveBits {
  /** Columns of a run. */
  readonly run: number;
  readonly wordsPerRun: number;
  readonly wordsPerRow: number;
  readonly words: Int32Array;
  /** How many bits are set. */
  readonly live: number;
}

const known = new WeakMap<Matrix, LiveBits>();

/** Remembered as long as the matrix is, since detection and the pricing of each size ask for the same bits. */
export function liveBits(m: Matrix): LiveBits {
  const bits = known.get(m) ?? makeBits(m);
  known.set(m, bits);
  return bits;
}

function makeBits(m: Matrix): LiveBits {
  const { run } = m;
  const kept = liveness(m);
  const wordsPerRun = Math.ceil(run / 32);
  const wordsPerRow = (m.columns / run) * wordsPerRun;
  const words = new Int32Array(m.rows * wordsPerRow);
  let [end, live] = [0, 0];
  for (let start = 0; start < kept.length; start += run)
    for (let k = 0; k < run; k += 32, end++) {
      const width = Math.min(32, run - k);
      let word = 0;
      for (let i = 0; i < width; i++) word |= kept[start + k + i] << i;
      words[end] = word;
      live += popcount(word);
    }
  return { run, wordsPerRun, wordsPerRow, words, live };
}

/** Writes to `band` which columns have a live entry in any of `height` rows. */
export function gatherBand({ wordsPerRow, words }: LiveBits, row: number, height: number, band: Int32Array): void {
  const start = row * wordsPerRow;
  for (let w = 0; w < wordsPerRow; w++) band[w] = words[start + w];
  for (let i = 1; i < height; i++)
    for (let w = 0, at = start + i * wordsPerRow; w < wordsPerRow; w++, at++) band[w] |= words[at];
}

/** Calls `visit` with the column of each bit of a row or a band, in order, and with its word and its place there. */
export function eachBit(
  { run, wordsPerRun, wordsPerRow }: LiveBits,
  band: Int32Array,
  visit: (column: number, word: number, bit: number) => void,
  from = 0,
): void {
  for (let w = 0, start = 0, inRun = 0; w < wordsPerRow; w++) {
    for (let word = band[from + w]; word !== 0; word &= word - 1) {
      const bit = 31 - Math.clz32(word & -word);
      visit(start + inRun * 32 + bit, w, bit);
    }
    if (++inRun === wordsPerRun) [start, inRun] = [start + run, 0];
  }
}

/** `width` bits, 16 at most, from bit `k` of the run that begins at word `first`. Bits past the run are 0. */
export function windowOf(band: Int32Array, first: number, wordsPerRun: number, k: number, width: number): number {
  const [word, shift] = [k >> 5, k & 31];
  const low = band[first + word] >>> shift;
  const high = shift > 16 && word + 1 < wordsPerRun ? band[first + word + 1] << (32 - shift) : 0;
  return (low | high) & ((1 << width) - 1);
}

export function popcount(x: number): number {
  const pairs = x - ((x >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
