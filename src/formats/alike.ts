/** Rows that have the same columns, wherever they stand. */
import type { Matrix } from '../tensor/matrix.ts';
import type { LiveBits } from './livebits.ts';
import { liveBits } from './livebits.ts';

/** No row: what fills a group that has too few. */
export const none = -1;

const known = new WeakMap<Matrix, readonly (readonly number[])[]>();

/** The rows of each set of columns, in order; sets in the order of their first rows. */
function alike(m: Matrix): readonly (readonly number[])[] {
  const classes = known.get(m) ?? findAlike(liveBits(m), m.rows);
  known.set(m, classes);
  return classes;
}

function findAlike(bits: LiveBits, rows: number): readonly (readonly number[])[] {
  const byHash = new Map<number, number[][]>();
  const classes: number[][] = [];
  for (let row = 0; row < rows; row++) {
    const hash = hashOf(bits, row);
    const candidates = byHash.get(hash) ?? [];
    const own = candidates.find(([first]) => differing(bits, first, row) < 0);
    if (own) own.push(row);
    else {
      const fresh = [row];
      classes.push(fresh);
      byHash.set(hash, [...candidates, fresh]);
    }
  }
  return classes;
}

function hashOf({ words, wordsPerRow }: LiveBits, row: number): number {
  let hash = 0;
  for (let at = row * wordsPerRow, end = at + wordsPerRow; at < end; at++)
    hash = Math.imul(hash ^ words[at] ^ (hash >>> 15), 0x9e3779b1);
  return hash;
}

/** The first word in which two rows differ; −1 where they do not. */
function differing({ words, wordsPerRow }: LiveBits, a: number, b: number): number {
  for (let w = 0; w < wordsPerRow; w++) if (words[a * wordsPerRow + w] !== words[b * wordsPerRow + w]) return w;
  return -1;
}

/**
 * The rows of m in groups of `size`: first those with the same columns together, then the others as they stand, which
 * is where rows that should be alike are likely to be. The last group may end in `none`.
 */
export function groupsOf(m: Matrix, size: number): Int32Array<ArrayBuffer> {
  const order = new Int32Array(Math.ceil(m.rows / size) * size).fill(none);
  const left: number[] = [];
  let end = 0;
  for (const rows of alike(m)) {
    const whole = rows.length - (rows.length % size);
    for (let i = 0; i < whole; i++) order[end++] = rows[i];
    for (let i = whole; i < rows.length; i++) left.push(rows[i]);
  }
  left.sort((a, b) => a - b);
  for (const row of left) order[end++] = row;
  return order;
}

/** Writes to `band` which columns have a live entry in any row of the group that begins at `first`, and counts the rows. */
export function gatherGroup(
  { words, wordsPerRow }: LiveBits,
  order: Int32Array,
  first: number,
  size: number,
  band: Int32Array,
): number {
  band.fill(0);
  let count = 0;
  for (; count < size && order[first + count] !== none; count++)
    for (let w = 0, at = order[first + count] * wordsPerRow; w < wordsPerRow; w++, at++) band[w] |= words[at];
  return count;
}

/** Two rows of one group that differ, and the first column in which they do. */
export interface Difference {
  readonly one: number;
  readonly other: number;
  readonly column: number;
}

export function firstDifference(m: Matrix, order: Int32Array, size: number): Difference | undefined {
  const bits = liveBits(m);
  const { words, wordsPerRow, wordsPerRun } = bits;
  for (let at = 0; at < order.length; at++) {
    const [one, other] = [order[at - (at % size)], order[at]];
    if (other === none) break;
    const word = differing(bits, one, other);
    if (word < 0) continue;
    const apart = words[one * wordsPerRow + word] ^ words[other * wordsPerRow + word];
    const bit = 31 - Math.clz32(apart & -apart);
    return { one, other, column: Math.floor(word / wordsPerRun) * m.run + (word % wordsPerRun) * 32 + bit };
  }
  return undefined;
}
