/** Which columns of a block the rows of a sparse matrix need, and rows that need much the same. */
import type { Block } from './stream.ts';

/** Which places of the block each row needs: some words of bits for a row. */
export interface Needs {
  readonly rows: number;
  readonly places: number;
  readonly words: number;
  readonly bits: Int32Array;
}

export function needsOf({ m, live, read, first, end }: Block): Needs {
  const places = end - first;
  const words = Math.ceil(places / 32);
  const bits = new Int32Array(m.rows * words);
  for (let row = 0; row < m.rows; row++)
    for (let place = 0; place < places; place++)
      bits[row * words + (place >> 5)] |= live[row * m.columns + read[first + place]] << (place & 31);
  return { rows: m.rows, places, words, bits };
}

/** Places that two rows both need. */
function common({ bits, words }: Needs, one: number, other: number): number {
  let sum = 0;
  for (let w = 0; w < words; w++) sum += ones(bits[one * words + w] & bits[other * words + w]);
  return sum;
}

function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Rows looked at for one that is like another. */
const looked = 16;

/** All rows, by how many places they need, each followed by one of the next that is like it. */
export function alike(needed: Needs): number[] {
  const counts = Int32Array.from({ length: needed.rows }, (_, row) => common(needed, row, row));
  const left = Array.from(counts.keys()).sort((a, b) => counts[a] - counts[b] || a - b);
  const order: number[] = [];
  const window: number[] = [];
  for (let next = 0; next < left.length || window.length > 0; ) {
    while (window.length <= looked && next < left.length) window.push(left[next++]);
    const row = window.shift() as number;
    order.push(row);
    let [best, most] = [-1, -Infinity];
    for (const [i, other] of window.entries()) {
      // A column that one has more is a turn for the other too.
      const likeness = 2 * common(needed, row, other) - 3 * (counts[other] - counts[row]);
      if (likeness > most) [best, most] = [i, likeness];
    }
    if (best >= 0) order.push(...window.splice(best, 1));
  }
  return order;
}
