/**
 * What a block of threads multiplies in each of its steps. Sums have no order, so segments are dealt such that all lines of warps, which wait for
 * each other, have as much to do; and that there is room for their weights.
 */
import type { Bits } from './blocks-live.ts';
import { has } from './blocks-live.ts';
import type { Tile } from './tiles.ts';
import { mostSegments, tileRows } from './tiles.ts';

/** Segments that are looked at for the next place in a step. */
const ahead = 32;

/** How many tiles each line of warps has of a segment, and all together. */
interface Work {
  readonly segment: number;
  readonly counts: Uint8Array;
  readonly all: number;
}

/** `own`: tiles of rows, those of a line of warps behind those of another, −1 for none. */
export function deal(
  own: readonly number[],
  lines: readonly Bits[],
  segments: number,
  { rows, rowsPerWarp, most = 0 }: Tile,
): readonly (readonly number[])[] {
  const left = workOf(own, lines, segments, rows / rowsPerWarp, rowsPerWarp / tileRows);
  const steps: (readonly number[])[] = [];
  while (left.length > 0) {
    const step: number[] = [];
    const load = new Uint8Array(rows / rowsPerWarp);
    let sum = 0;
    while (step.length < mostSegments) {
      const next = fairest(left, load, sum, most);
      if (next < 0) break;
      const [{ segment, counts, all }] = left.splice(next, 1);
      for (let d = 0; d < load.length; d++) load[d] += counts[d];
      sum += all;
      step.push(segment);
    }
    steps.push(step.sort((a, b) => a - b));
  }
  return steps;
}

function workOf(
  own: readonly number[],
  lines: readonly Bits[],
  segments: number,
  down: number,
  inWarp: number,
): Work[] {
  const found: Work[] = [];
  for (let segment = 0; segment < segments; segment++) {
    const counts = new Uint8Array(down);
    let all = 0;
    for (const [i, line] of own.entries())
      if (line >= 0 && has(lines[line], segment)) {
        counts[Math.floor(i / inWarp)]++;
        all++;
      }
    if (all > 0) found.push({ segment, counts, all });
  }
  return found;
}

/**
 * Where in `left` the next segment is, or −1. While the busiest line of warps works others are idle: a step begins with the segment of which that
 * is worst, and goes on with what mends it best; of several that which is most work.
 */
function fairest(left: readonly Work[], load: Uint8Array, sum: number, most: number): number {
  const isFirst = sum === 0;
  let [best, least, largest] = [-1, Infinity, 0];
  for (let at = 0; at < Math.min(ahead, left.length); at++) {
    const { counts, all } = left[at];
    if (sum + all > most) continue;
    let busiest = 0;
    for (let d = 0; d < load.length; d++) busiest = Math.max(busiest, load[d] + counts[d]);
    const idle = (busiest * load.length - sum - all) * (isFirst ? -1 : 1);
    if (idle < least || (idle === least && all > largest)) [best, least, largest] = [at, idle, all];
  }
  return best;
}
