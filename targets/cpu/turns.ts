/**
 * Rows that are multiplied two or four at a time though their columns differ. In each block those that are most alike go
 * together, and their columns are put into turns by which of the rows need them:
 *
 *     row 0    a b . d      both:  a, d        a turn multiplies both rows by one column
 *     row 1    a . c d      apart: b with c    and one multiplies each row by a column of its own
 *
 * Rows with fewer columns than others of their group end in weights of zero.
 */
import type { Block, Group } from './stream.ts';
import type { Way } from './ways.ts';
import { rowsIn, waysOf } from './ways.ts';

/** Rows of a group. */
export type Height = 2 | 4;

/** The groups of a block, those with as many turns beside each other. `height` divides the rows. */
export function groupsInTurns(block: Block, height: Height): readonly Group[] {
  const needed = needsOf(block);
  const order = alike(needed);
  const groups = Array.from({ length: order.length / height }, (_, g) => order.slice(g * height, (g + 1) * height));
  const most = mostTurns(needed, groups, waysOf[height]);
  return groups
    .map((rows) => groupOf(block, needed, rows, most))
    .sort((a, b) => compare(a.counts, b.counts) || a.rows[0] - b.rows[0]);
}

/** Which places of the block each row needs: some words of bits for a row. */
interface Needs {
  readonly rows: number;
  readonly places: number;
  readonly words: number;
  readonly bits: Int32Array;
}

function needsOf({ m, live, read, first, end }: Block): Needs {
  const places = end - first;
  const words = Math.ceil(places / 32);
  const bits = new Int32Array(m.rows * words);
  for (let row = 0; row < m.rows; row++)
    for (let place = 0; place < places; place++)
      bits[row * words + (place >> 5)] |= live[row * m.columns + read[first + place]] << (place & 31);
  return { rows: m.rows, places, words, bits };
}

const needs = ({ bits, words }: Needs, row: number, place: number): number =>
  (bits[row * words + (place >> 5)] >>> (place & 31)) & 1;

/** Bits that two rows have in common. */
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
function alike(needed: Needs): readonly number[] {
  const counts = Array.from({ length: needed.rows }, (_, row) => common(needed, row, row));
  const left = Array.from(counts.keys()).sort((a, b) => counts[a] - counts[b] || a - b);
  const order: number[] = [];
  while (left.length > 0) {
    const [row] = left.splice(0, 1);
    const likeness = left
      .slice(0, looked)
      .map((other) => 2 * common(needed, row, other) - 3 * (counts[other] - counts[row]));
    order.push(row, ...left.splice(likeness.indexOf(Math.max(...likeness)), 1));
  }
  return order;
}

/** As many turns of a way have this share of the groups, or more: loops then end where the processor foresees it. */
const usual = 2 / 3;

/** Turns of each way that a group has at most; what has no place in them comes later. */
function mostTurns(needed: Needs, groups: readonly (readonly number[])[], ways: readonly Way[]): readonly number[] {
  const most = ways.map(() => needed.places);
  // Two rows have turns of two kinds, of which there are as many as they have columns.
  if (ways.length === 2) return most;
  const wider = ways.findIndex(([set]) => rowsIn(set).length === 2);
  for (const [from, to] of [
    [0, wider],
    [wider, ways.length - 1],
  ]) {
    const counts = groups.map((rows) => turnsOf(needed, rows, ways, most).map((turns) => turns[0].length));
    for (let way = from; way < to; way++) {
      const sorted = counts.map((count) => count[way]).sort((a, b) => a - b);
      most[way] = sorted[Math.floor((1 - usual) * (sorted.length - 1))];
    }
  }
  return most;
}

/** Of each way and each of its sets the places that are taken, turn by turn; −1 for none. */
function turnsOf(needed: Needs, rows: readonly number[], ways: readonly Way[], most: readonly number[]) {
  const places: number[][] = Array.from({ length: 1 << rows.length }, () => []);
  for (let place = 0; place < needed.places; place++) {
    let set = 0;
    for (let i = 0; i < rows.length; i++) set |= needs(needed, rows[i], place) << i;
    places[set].push(place);
  }
  return ways.map((way, w) => {
    const counts = way.map((set) => places[set].length);
    if (w === ways.length - 1) {
      const count = Math.max(...counts);
      return way.map((set) => Array.from({ length: count }, (_, turn) => places[set][turn] ?? -1));
    }
    const count = Math.min(most[w], ...counts);
    return way.map((set) => {
      const taken = places[set].splice(0, count);
      if (rowsIn(set).length > 1) for (const place of places[set].splice(0)) split(places, set, place);
      return taken;
    });
  });
}

/** Gives a place to the parts of a set: to pairs of which there are fewer than of their counterparts, or to single rows. */
function split(places: readonly number[][], set: number, place: number): void {
  const rows = rowsIn(set);
  const all = places.length - 1;
  const pairs = rows.length === 2 ? [] : rows.flatMap((a, i) => rows.slice(i + 1).map((b) => (1 << a) | (1 << b)));
  const lack = pairs.map((pair) => places[all ^ pair].length - places[pair].length);
  const pair = pairs[lack.indexOf(Math.max(...lack))] ?? 0;
  const parts = pair === 0 ? rows.map((row) => 1 << row) : [pair, set ^ pair];
  for (const part of parts) places[part].push(place);
}

function groupOf({ m, read, first }: Block, needed: Needs, rows: readonly number[], most: readonly number[]): Group {
  const ways = waysOf[rows.length as Height];
  const turns = turnsOf(needed, rows, ways, most);
  const counts = turns.map(([places]) => places.length);
  const columns: number[] = [];
  const weights: number[] = [];
  for (const [w, way] of ways.entries())
    for (let turn = 0; turn < counts[w]; turn++)
      for (const [s, set] of way.entries()) {
        const place = turns[w][s][turn];
        columns.push(place < 0 ? 0 : place);
        for (const i of rowsIn(set)) weights.push(place < 0 ? -1 : rows[i] * m.columns + read[first + place]);
      }
  return { rows, counts, columns, weights };
}

const compare = (a: readonly number[], b: readonly number[]): number => {
  const differing = a.findIndex((count, i) => count !== b[i]);
  return differing < 0 ? 0 : a[differing] - b[differing];
};
