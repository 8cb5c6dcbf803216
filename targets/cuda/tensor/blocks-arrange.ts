/**
 * Which rows of weights go together: tiles of 16 rows that need the same segments share a line of warps, and such lines a block of threads, so
 * that what pixels have is read for few blocks and loaded for few warps. Where little is in common, lines of warps have as much to do as each
 * other instead. The heaviest blocks come first, as a grid is begun in its order.
 */
import { alignUp } from '../../../src/plan/arena.ts';
import type { Bits, LiveTiles } from './blocks-live.ts';
import { countBits, ones } from './blocks-live.ts';
import { deal } from './blocks-steps.ts';
import type { Tile } from './tiles.ts';
import { tileRows } from './tiles.ts';

/** What a block of threads computes. */
export interface Band {
  /** Its tiles of rows, −1 where there are fewer. */
  readonly lines: readonly number[];
  /** The segments of each step, at most four. */
  readonly steps: readonly (readonly number[])[];
}

export function arrange(live: LiveTiles, tile: Tile): readonly Band[] {
  return bandsOf(live, tile, 1).map((own) => ({ lines: own, steps: deal(own, live.lines, live.segments, tile) }));
}

/** The tiles of rows of each block of threads, of which there are so many or several times as many. */
export function bandsOf(
  { lines }: Pick<LiveTiles, 'lines'>,
  tile: Tile,
  multiple: number,
): readonly (readonly number[])[] {
  const inWarp = tile.rowsPerWarp / tileRows;
  const warps = tile.rows / tile.rowsPerWarp;
  const bandCount = alignUp(Math.ceil(lines.length / inWarp / warps), multiple);
  const sizes = shares(lines.length, bandCount * warps);
  const groups = fewer(alike(lines, sizes), even(lines.map(countBits), sizes), lines);
  const unions = unionsOf(groups, lines);
  const bands = alike(unions, shares(bandCount * warps, bandCount)).map((band) => {
    const own = band.flatMap((group) => filled(groups[group], inWarp));
    const work = own.reduce((sum, line) => sum + (line < 0 ? 0 : countBits(lines[line])), 0);
    return { own, work };
  });
  return bands.sort((a, b) => b.work - a.work).map(({ own }) => own);
}

/** So many in groups that are as large as each other, or one larger. */
const shares = (count: number, groups: number): readonly number[] =>
  Array.from({ length: groups }, (_, i) => Math.floor(((i + 1) * count) / groups) - Math.floor((i * count) / groups));

const filled = (list: readonly number[], length: number): readonly number[] =>
  Array.from({ length }, (_, i) => list[i] ?? -1);

type Groups = readonly (readonly number[])[];

const unionsOf = (groups: Groups, lines: readonly Bits[]): readonly Bits[] =>
  groups.map((group) => group.map((line) => lines[line]).reduce(or, new Uint32Array(lines[0].length)));

/** By how much fewer segments groups shall need for what they have in common to count. */
const worth = 0.8;

/** The first where those need fewer segments, or else the second. */
function fewer(some: Groups, others: Groups, lines: readonly Bits[]): Groups {
  const needed = (groups: Groups): number => unionsOf(groups, lines).reduce((sum, bits) => sum + countBits(bits), 0);
  return needed(some) <= worth * needed(others) ? some : others;
}

/** Groups of such sizes with as much work as each other: the largest first, each to the group that has least. */
function even(work: readonly number[], sizes: readonly number[]): Groups {
  const groups = sizes.map((size) => ({ size, sum: 0, own: [] as number[] }));
  const order = work.map((_, i) => i).sort((a, b) => work[b] - work[a] || a - b);
  for (const i of order) {
    const open = groups.filter(({ size, own }) => own.length < size);
    const least = open.reduce((best, group) => (group.sum < best.sum ? group : best));
    least.own.push(i);
    least.sum += work[i];
  }
  return groups.map(({ own }) => own.sort((a, b) => a - b));
}

const or = (a: Bits, b: Bits): Bits => a.map((word, i) => word | b[i]);

/** Pairs of words that are compared; of more, order alone decides. */
const patience = 2 ** 27;

/** Groups of such sizes: each begins with the largest set that is left, and goes on with what has most in common with all of it. */
function alike(sets: readonly Bits[], groupSizes: readonly number[]): Groups {
  const left = sets.map((_, i) => i);
  const take = (at: number): number => left.splice(at, 1)[0];
  if ((sets.length * sets.length * sets[0].length) / 2 > patience)
    return groupSizes.map((size) => left.splice(0, size));
  const sizes = sets.map(countBits);
  const largest = () => left.reduce((best, i, at) => (sizes[i] > sizes[left[best]] ? at : best), 0);
  return groupSizes.map((size) => {
    const group: number[] = [];
    let all: Bits | undefined;
    while (group.length < size) {
      const next = take(all ? mostAlike(all, sets, left) : largest());
      group.push(next);
      all = all ? or(all, sets[next]) : sets[next];
    }
    return group.sort((a, b) => a - b);
  });
}

/** Where in `among` the set is of which most is in common, of all that either has. */
function mostAlike(all: Bits, sets: readonly Bits[], among: readonly number[]): number {
  let [best, most] = [0, -1];
  for (const [at, i] of among.entries()) {
    const own = sets[i];
    let [both, any] = [0, 0];
    for (let w = 0; w < all.length; w++) {
      both += ones(all[w] & own[w]);
      any += ones(all[w] | own[w]);
    }
    const share = any === 0 ? 1 : both / any;
    if (share > most) [best, most] = [at, share];
  }
  return best;
}
