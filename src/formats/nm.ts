/**
 * n entries in every group of m neighbouring columns, at places that a few bits tell.
 *
 *     0 1 2 0 | 3 0 0 0    n = 2, m = 4
 *     val: 1 2  3 0
 *     idx: 1 2  0 1        the places in each group, 2 bits each; a free one where an entry is missing
 *     idx: 3    0          or the rank of the places among 01 02 03 12 13 23, 3 bits
 *     tab: 01 02 03 12 13 23    the places of every rank, in lexicographic order
 *
 * Groups lie inside a run, and the last of a run may be short. The order of the ranks is that of the index lists in
 * Zhang et al., "Learning Best Combination for Efficient N:M Sparsity", 2022.
 */
import { bug } from '../diagnostic.ts';
import type { Expr } from '../loop/loop.ts';
import { add, declare, load, local, loop, min, mul, sub, sum } from '../loop/loop.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { liveness, wordsOf } from '../tensor/matrix.ts';
import { bitsFor, codeAt, codeBytes, loadCode, packCodes } from './bits.ts';
import type { Cost, Format } from './format.ts';
import type { Nm } from './groups.ts';
import { detectGroups, groupsOfRow, placesByRank } from './groups.ts';

export const nm: Format<Nm> = {
  name: 'nm',
  doc: 'n entries in every m neighbouring columns, with their places or the rank of these',
  values: ['val'],
  detect: (m) => detectGroups(m, costOf),
  cost: costOf,

  pack(matrix, params) {
    const { rows, columns, run, data } = matrix;
    const { n, m } = params;
    const live = liveness(matrix);
    const val = new Float32Array(rows * groupsOfRow(matrix, m) * n);
    const [to, from] = [wordsOf(val), wordsOf(data)];
    const places = new Uint8Array(val.length);
    let end = 0;
    for (let start = 0; start < live.length; start += run)
      for (let first = start; first < start + run; first += m, end += n) {
        const size = Math.min(m, start + run - first);
        fillPlaces(live, first, size, places, end, n);
        for (let k = end; k < end + n; k++) {
          const at = first + places[k];
          if (places[k] < size && live[at] === 1) to[k] = from[at];
        }
      }
    if (!params.rank) return { rows, columns, run, parts: { idx: packCodes(places, bitsFor(m)), val } };
    const { tab, idx } = ranked(places, params);
    return { rows, columns, run, parts: { idx, tab, val } };
  },

  unpack({ rows, columns, run, parts: { idx, tab, val } }, { n, m, rank }) {
    const data = new Float32Array(rows * columns);
    const [to, from] = [wordsOf(data), wordsOf(val as Float32Array<ArrayBuffer>)];
    const width = rank ? rankBits(n, m) : bitsFor(m);
    let group = 0;
    for (let start = 0; start < data.length; start += run)
      for (let first = start; first < start + run; first += m, group++)
        for (let k = 0; k < n; k++) {
          const at = group * n + k;
          const place = rank ? tab[codeAt(idx, width, group) * n + k] : codeAt(idx, width, at);
          if (first + place < start + run) to[first + place] = from[at];
        }
    return { rows, columns, run, data };
  },

  walk({ columns, run, parts: { idx, tab, val } }, { n, m, rank }, row, visit) {
    const groups = Math.ceil(run / m);
    const short = run % m;
    const width = rank ? rankBits(n, m) : bitsFor(m);
    return loop('u', 0, columns / run, (u) =>
      loop('g', 0, groups, (g) => {
        const group = sum(mul(row, groupsOfRow({ columns, run }, m)), mul(u, groups), g);
        const first = add(mul(u, run), mul(g, m));
        const code = local('code', 'i32');
        const place = (k: Expr, at: Expr): Expr => (rank ? load(tab, add(mul(code, n), k)) : loadCode(idx, width, at));
        // A group of fewer columns than entries has no column for the rest.
        const count = short > 0 && short < n ? min(n, sub(run, mul(g, m))) : n;
        return [
          ...(rank ? [declare(code, loadCode(idx, width, group))] : []),
          ...loop('k', 0, count, (k) => {
            const at = add(mul(group, n), k);
            return visit(add(first, place(k, at)), load(val, at));
          }),
        ];
      }),
    );
  },
};

const rankBits = (n: number, m: number): number => bitsFor(placesByRank(n, m).length);

function costOf(matrix: Pick<Matrix, 'rows' | 'columns' | 'run'>, { n, m, rank }: Nm): Cost {
  const groups = matrix.rows * groupsOfRow(matrix, m);
  const entries = groups * n;
  const index = rank
    ? codeBytes(groups, rankBits(n, m)) + n * placesByRank(n, m).length
    : codeBytes(entries, bitsFor(m));
  return { bytes: index + 4 * entries, multiplies: entries, lookups: entries, tests: 0 };
}

/** Writes n ascending places from `end` on: those of the live entries of the group, and the lowest of the others. */
function fillPlaces(
  live: Uint8Array,
  first: number,
  size: number,
  places: Uint8Array<ArrayBuffer>,
  end: number,
  n: number,
): void {
  let free = n;
  for (let k = 0; k < size; k++) free -= live[first + k];
  if (free < 0) bug(`a group of ${size} has ${n - free} live entries, and is to be stored as ${n}`);
  for (let k = 0, to = end; to < end + n; k++) {
    const kept = k < size && live[first + k] === 1;
    if (!kept && free === 0) continue;
    if (!kept) free--;
    places[to++] = k;
  }
}

function ranked(places: Uint8Array<ArrayBuffer>, { n, m }: Nm) {
  const table = placesByRank(n, m);
  const rankOf = new Map(table.map((row, rank) => [maskOf(row, 0, n), rank]));
  const codes = new Uint8Array(places.length / n);
  for (let group = 0; group < codes.length; group++)
    codes[group] = rankOf.get(maskOf(places, group * n, n)) ?? bug('places without a rank');
  return { tab: Uint8Array.from(table.flat()), idx: packCodes(codes, rankBits(n, m)) };
}

function maskOf(places: ArrayLike<number>, from: number, n: number): number {
  let mask = 0;
  for (let k = from; k < from + n; k++) mask |= 1 << places[k];
  return mask;
}
