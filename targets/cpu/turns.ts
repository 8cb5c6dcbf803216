/**
 * Rows that are multiplied two or four at a time though their columns differ. In each block those that are most alike go
 * together, and their columns are put into turns by which of the rows need them:
 *
 *     row 0    a b . d      both:  a, d        a turn multiplies both rows by one column
 *     row 1    a . c d      apart: b with c    and one multiplies each row by a column of its own
 *
 * Rows with fewer columns than others of their group end in weights of zero. A last group that is not whole has its last
 * row more than once, which is computed as often.
 */
import type { Needs } from './alike.ts';
import { alike, needsOf } from './alike.ts';
import type { Block, Group } from './stream.ts';
import { sparseBlock } from './stream.ts';
import type { Way } from './ways.ts';
import { partsOf, rowsIn, waysOf } from './ways.ts';

/** Rows of a group. */
export type Height = 2 | 4;

/** The groups of a block, those with as many turns beside each other: of rows that are alike, or of neighbours. */
export function groupsInTurns(block: Block, height: Height, asTheyStand = false): readonly Group[] {
  const needed = needsOf(block);
  const order = asTheyStand ? Array.from({ length: needed.rows }, (_, row) => row) : alike(needed);
  while (order.length % height !== 0) order.push(order[order.length - 1]);
  const groups = Array.from({ length: order.length / height }, (_, g) => order.slice(g * height, (g + 1) * height));
  const most = mostTurns(needed, groups, waysOf[height]);
  return groups
    .map((rows) => groupOf(block, needed, rows, most))
    .sort((a, b) => compare(a.counts, b.counts) || a.rows[0] - b.rows[0]);
}

function groupOf({ m, read, first }: Block, needed: Needs, rows: readonly number[], most: ArrayLike<number>): Group {
  const ways = waysOf[rows.length as Height];
  const sets = setsOf(needed, rows);
  const columns = new Uint8Array(rows.length * needed.places);
  const weights = new Int32Array(rows.length * needed.places);
  const counts: number[] = [];
  let [column, weight] = [0, 0];
  for (let w = 0; w < ways.length; w++) {
    const way = ways[w];
    const turns = turnsOf(sets, way, most[w]);
    for (let turn = 0; turn < turns; turn++)
      for (const set of way) {
        const at = sets.begin[set] + turn;
        const place = at < sets.end[set] ? sets.places[at] : -1;
        columns[column++] = place < 0 ? 0 : place;
        for (const i of rowsIn[set]) weights[weight++] = place < 0 ? -1 : rows[i] * m.columns + read[first + place];
      }
    advance(sets, way, turns);
    counts.push(turns);
  }
  return { rows, counts, columns: columns.slice(0, column), weights: weights.slice(0, weight) };
}

/** Places of a block by the set of rows that need them: those of set s lie from `begin[s]` to `end[s]`. */
interface Sets {
  readonly places: Uint8Array;
  readonly begin: Int32Array;
  readonly end: Int32Array;
}

function setsOf({ places: count, words, bits }: Needs, rows: readonly number[]): Sets {
  const places = new Uint8Array(sparseBlock << rows.length);
  const begin = Int32Array.from({ length: 1 << rows.length }, (_, set) => set * sparseBlock);
  const end = begin.slice();
  for (let place = 0; place < count; place++) {
    let set = 0;
    for (let i = 0; i < rows.length; i++) set |= ((bits[rows[i] * words + (place >> 5)] >>> (place & 31)) & 1) << i;
    places[end[set]++] = place;
  }
  return { places, begin, end };
}

const lengthOf = ({ begin, end }: Sets, set: number): number => end[set] - begin[set];

/** Turns that there are of a way: the last takes all that is left. */
function turnsOf(sets: Sets, way: Way, most: number): number {
  const lengths = way.map((set) => lengthOf(sets, set));
  return way.every((set) => partsOf[set].length === 0) ? Math.max(...lengths) : Math.min(most, ...lengths);
}

/** Goes on after some turns of a way: what they left of sets of several rows is split for the ways that follow. */
function advance(sets: Sets, way: Way, turns: number): void {
  const { places, begin, end } = sets;
  for (const set of way) {
    begin[set] = Math.min(begin[set] + turns, end[set]);
    const parts = partsOf[set];
    if (parts.length === 0) continue;
    for (; begin[set] < end[set]; begin[set]++) {
      const place = places[begin[set]];
      for (const part of scarcest(sets, parts)) places[end[part]++] = place;
    }
  }
}

/** The parts whose first set has least beside its counterpart, with which it would make turns. */
function scarcest(sets: Sets, parts: readonly Way[]): Way {
  const all = sets.begin.length - 1;
  let [best, most] = [parts[0], -Infinity];
  for (const part of parts) {
    const lack = lengthOf(sets, all ^ part[0]) - lengthOf(sets, part[0]);
    if (lack > most) [best, most] = [part, lack];
  }
  return best;
}

/** As many turns of a way have this share of the groups, or more: loops then end where the processor foresees it. */
const usual = 2 / 3;

/** Groups that are asked. */
const asked = 64;

/** Turns of each way that a group has at most; what has no place in them comes later. */
function mostTurns(needed: Needs, groups: readonly (readonly number[])[], ways: readonly Way[]): Int32Array {
  const most = new Int32Array(ways.length).fill(needed.places);
  // Two rows have turns of two kinds: sorted by one, they are sorted by both.
  if (ways.length === 2) return most;
  const some = groups.filter((_, g) => g % Math.ceil(groups.length / asked) === 0);
  const pairs = ways.findIndex(([set]) => rowsIn[set].length === 2);
  // What there is of pairs depends on what the ways before them leave.
  for (const [from, to] of [
    [0, pairs],
    [pairs, ways.length - 1],
  ]) {
    const counts = some.map((rows) => {
      const sets = setsOf(needed, rows);
      return ways.slice(0, to).map((way, w) => {
        const turns = turnsOf(sets, way, most[w]);
        advance(sets, way, turns);
        return turns;
      });
    });
    for (let w = from; w < to; w++) {
      const sorted = counts.map((count) => count[w]).sort((a, b) => a - b);
      most[w] = sorted[Math.floor((1 - usual) * (sorted.length - 1))];
    }
  }
  return most;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, count] of a.entries()) if (count !== b[i]) return count - b[i];
  return 0;
}
