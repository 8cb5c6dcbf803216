/**
 * Groups of r rows that share their columns. The rows of a group need not be neighbours.
 *
 *     1 0 2    r = 2
 *     0 3 0    place: 0 2 1 3         which place in the groups each row has: rows 0 and 2, 1 and 3
 *     4 0 5    pos:   0 2 3
 *     0 6 0    idx:   0 2  1
 *              val:   1 4 2 5  3 6    column by column, so that the rows of a column lie together
 *
 * A group has the columns of all its rows, and zeros where one lacks an entry.
 */
import { add, declare, div, load, local, loop, mod, mul } from '../loop/loop.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { wordsOf } from '../tensor/matrix.ts';
import { firstDifference, gatherGroup, groupsOf, none } from './alike.ts';
import { mostPadding } from './blocks.ts';
import type { Detection, Format } from './format.ts';
import { eachBit, liveBits, popcount } from './livebits.ts';
import { placeBytes, placesFor } from './places.ts';

/** Rows of a group, 1 to 16. */
export type Vec = { readonly r: number };

export const vec: Format<Vec, 'place' | 'pos' | 'idx' | 'val'> = {
  name: 'vec',
  doc: 'groups of rows that share their columns, wherever the rows stand',
  values: ['val'],
  detect,

  cost(m, { r }) {
    const groups = Math.ceil(m.rows / r);
    const { columns } = countShared(m, groupsOf(m, r), r);
    const bytes =
      placeBytes(groups * r) * m.rows + 4 * (groups + 1) + placeBytes(m.columns) * columns + 4 * r * columns;
    return { bytes, multiplies: columns * r, lookups: columns, tests: 0 };
  },

  pack(m, { r }) {
    const { rows, columns, run, data } = m;
    const bits = liveBits(m);
    const { words, wordsPerRow } = bits;
    const order = groupsOf(m, r);
    const groups = order.length / r;
    const stored = countShared(m, order, r).columns;
    const place = placesFor(order.length, rows);
    const pos = new Int32Array(groups + 1);
    const idx = placesFor(columns, stored);
    const val = new Float32Array(stored * r);
    const [to, from] = [wordsOf(val), wordsOf(data)];
    const band = new Int32Array(wordsPerRow);
    let end = 0;
    for (let group = 0; group < groups; group++) {
      const first = group * r;
      const height = gatherGroup(bits, order, first, r, band);
      for (let i = 0; i < height; i++) place[order[first + i]] = first + i;
      eachBit(bits, band, (column, word, bit) => {
        idx[end] = column;
        for (let i = 0; i < height; i++) {
          const row = order[first + i];
          if ((words[row * wordsPerRow + word] >>> bit) & 1) to[end * r + i] = from[row * columns + column];
        }
        end++;
      });
      pos[group + 1] = end;
    }
    return { rows, columns, run, parts: { place, pos, idx, val } };
  },

  unpack({ rows, columns, run, parts: { place, pos, idx, val } }, { r }) {
    const data = new Float32Array(rows * columns);
    const [to, from] = [wordsOf(data), wordsOf(val as Float32Array<ArrayBuffer>)];
    for (let row = 0; row < rows; row++) {
      const group = Math.floor(place[row] / r);
      for (let p = pos[group]; p < pos[group + 1]; p++) to[row * columns + idx[p]] = from[p * r + (place[row] % r)];
    }
    return { rows, columns, run, data };
  },

  walk({ parts: { place, pos, idx, val } }, { r }, row, visit) {
    const at = local('at', 'i32');
    const group = div(at, r);
    return [
      declare(at, load(place, row)),
      ...loop('p', load(pos, group), load(pos, add(group, 1)), (p) =>
        visit(load(idx, p), load(val, add(mul(p, r), mod(at, r)))),
      ),
    ];
  },
};

interface Shared {
  /** Columns of all groups. */
  readonly columns: number;
  /** Places that the rows there are have in these columns, live or not. */
  readonly covered: number;
}

function countShared(m: Matrix, order: Int32Array, r: number): Shared {
  const bits = liveBits(m);
  const band = new Int32Array(bits.wordsPerRow);
  let [columns, covered] = [0, 0];
  for (let first = 0; first < order.length; first += r) {
    const height = gatherGroup(bits, order, first, r, band);
    let count = 0;
    for (let w = 0; w < band.length; w++) count += popcount(band[w]);
    columns += count;
    covered += count * height;
  }
  return { columns, covered };
}

const sizes = [2, 4, 8, 16];

/** What a larger size may cover more than the one before: two pairs of which a weight each happens to be zero are still alike. */
const mostMore = 65 / 64;

/** The largest size that the rows themselves show, and those below it that pad less; the next one is refused. */
function detect(m: Matrix): Detection<Vec> {
  const weights = liveBits(m).live;
  const found: { readonly r: number; readonly entries: number }[] = [];
  let covered = weights * (mostPadding / mostMore);
  for (const r of sizes.filter((size) => size <= m.rows)) {
    const order = groupsOf(m, r);
    const shared = countShared(m, order, r);
    const entries = shared.columns * r;
    const reason = whyNot(m, r, order, { weights, entries, apart: shared.covered > covered * mostMore });
    if (reason !== undefined) return { fits: largest(found), refused: [{ params: { r }, reason }] };
    found.push({ r, entries });
    covered = shared.covered;
  }
  return { fits: largest(found), refused: [] };
}

const largest = (found: readonly { readonly r: number; readonly entries: number }[]): readonly Vec[] =>
  found.filter(({ entries }, i) => found.slice(i + 1).every((next) => next.entries > entries)).map(({ r }) => ({ r }));

interface Count {
  readonly weights: number;
  readonly entries: number;
  readonly apart: boolean;
}

function whyNot(m: Matrix, r: number, order: Int32Array, { weights, entries, apart }: Count): string | undefined {
  if (apart || entries > mostPadding * weights) {
    const difference = firstDifference(m, order, r);
    const where = difference
      ? `rows ${difference.one} and ${difference.other} differ in column ${difference.column}`
      : `the last group has ${r - order.filter((row) => row === none).length} of ${r} rows`;
    return `takes ${entries} entries for ${weights} weights: ${where}`;
  }
  return weights > 0 && entries >= m.data.length
    ? `takes ${entries} entries, and the whole matrix has ${m.data.length}`
    : undefined;
}
