/**
 * Weights that are 2:4 once channels change places, the same for all rows and taps: x is made in that order, which costs nothing. Channels are
 * put together by fours: to one that has no four yet come those that are least often there where those before are.
 */
import { popcount } from '../../../src/formats/livebits.ts';
import { alignUp } from '../../../src/plan/arena.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import type { Element } from './elements.ts';
import { perPiece } from './elements.ts';
import { columnBits } from './gathered.ts';

/** Of fours: with fewer channels each, all of them take more than weights as they are do with half of the columns twice. */
const leastInFour = 3;

/** After so many fours it is clear whether weights can be brought in order. */
const tried = 8;

/** What looking for an order may take, in words of 32 rows that are compared. */
const mostCompared = 2 ** 28;

/** The channels of a tap in whole pieces, −1 where none is; undefined where there is no such order. */
export function channelOrder(matrix: Matrix, element: Element): Int32Array<ArrayBuffer> | undefined {
  const { rows, columns, run } = matrix;
  // Rows by taps lie one after the other as they are.
  const { words, perColumn } = columnBits({ ...matrix, rows: (rows * columns) / run, columns: run });
  if (element.group !== 4 || run * run * perColumn > mostCompared) return undefined;
  const of = (channel: number): Uint32Array => words.subarray(channel * perColumn, (channel + 1) * perColumn);
  const left = new Set<number>();
  for (let channel = 0; channel < run; channel++) if (of(channel).some((word) => word !== 0)) left.add(channel);
  const fours: number[][] = [];
  for (const first of left) {
    left.delete(first);
    const four = [first];
    const [one, two] = [of(first).slice(), new Uint32Array(perColumn)];
    while (four.length < 4) {
      const next = leastMet(left, of, one, two);
      if (next === undefined) break;
      left.delete(next);
      four.push(next);
      const own = of(next);
      for (let w = 0; w < perColumn; w++) {
        two[w] |= one[w] & own[w];
        one[w] |= own[w];
      }
    }
    fours.push(four);
    if (fours.length >= tried && fours.flat().length < leastInFour * fours.length) return undefined;
  }
  const order = new Int32Array(alignUp(4 * fours.length, perPiece(element))).fill(-1);
  for (const [at, four] of fours.entries()) order.set(four, 4 * at);
  return fours.flat().length >= leastInFour * fours.length ? order : undefined;
}

/** Of those that are never there where two are, the one that is least often there where one is. */
function leastMet(
  left: ReadonlySet<number>,
  of: (channel: number) => Uint32Array,
  one: Uint32Array,
  two: Uint32Array,
): number | undefined {
  let [best, least] = [undefined as number | undefined, Infinity];
  for (const channel of left) {
    const own = of(channel);
    let met = 0;
    for (let w = 0; w < own.length && met < least; w++) {
      if ((own[w] & two[w]) !== 0) met = Infinity;
      met += popcount(own[w] & one[w]);
    }
    if (met < least) [best, least] = [channel, met];
  }
  return best;
}
