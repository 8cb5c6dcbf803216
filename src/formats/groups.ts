/** How many live entries the groups of neighbouring columns hold, and which n:m patterns that makes. */
import type { Matrix } from '../tensor/matrix.ts';
import { liveness } from '../tensor/matrix.ts';
import type { Cost, Detection, Refusal } from './format.ts';

/** `n` of `m` columns, 1 ≤ n < m. m is 8 at most, or 16 where n is 1; n is 4 at most. `rank`: 1 for ranks, 0 for places. */
export type Nm = { readonly n: number; readonly m: number; readonly rank: 0 | 1 };

/** Patterns that pruning aims at and processors know. Where one does not fit, the reason is told. */
const known: readonly (readonly [n: number, m: number])[] = [
  [2, 4],
  [1, 4],
  [4, 8],
  [1, 16],
];

const mostColumns = 16;
const mostEntries = (m: number): number => (m <= 8 ? Math.min(4, m - 1) : 1);

export const groupsOfRow = ({ columns, run }: Pick<Matrix, 'columns' | 'run'>, m: number): number =>
  (columns / run) * Math.ceil(run / m);

/** Every choice of n places out of m, in lexicographic order. */
export function placesByRank(n: number, m: number): readonly (readonly number[])[] {
  if (n === 0) return [[]];
  return Array.from({ length: m }, (_, first) =>
    placesByRank(n - 1, m - first - 1).map((rest) => [first, ...rest.map((place) => place + first + 1)]),
  ).flat();
}

/** The first group that has more live entries than a pattern takes. */
interface Excess {
  readonly row: number;
  readonly column: number;
  readonly width: number;
  readonly count: number;
}

/** For one m: the first groups with more than 0, 1, ... entries, as far as there are any. */
type Firsts = readonly Excess[];

/**
 * For each m the smallest n that fits, unless another pattern takes neither more bytes nor more entries. In a layer
 * whose runs are shorter than m the groups would be whole runs, so there is no such pattern.
 */
export function detectGroups(m: Matrix, cost: (m: Matrix, params: Nm) => Cost): Detection<Nm> {
  const firsts = countGroups(m);
  const candidates: { readonly params: Nm; readonly cost: Cost }[] = [];
  for (let width = 2; width <= Math.min(mostColumns, m.run); width++) {
    const params: Nm = { n: Math.max(1, firsts[width].length), m: width, rank: 0 };
    const fits = params.n <= mostEntries(width) && groupsOfRow(m, width) * params.n < m.columns;
    if (fits) candidates.push({ params, cost: cost(m, params) });
  }
  const best = candidates.filter((a, i) => !candidates.some((b, j) => beats(b.cost, a.cost, j < i)));
  return {
    fits: best.flatMap(({ params }) => (params.n === 1 ? [params] : [params, { ...params, rank: 1 }])),
    refused: known.flatMap(([n, width]) => refusal(m, firsts, n, width)),
  };
}

/** Whether `a` is as good as `b` in bytes and entries, and better in one of them or `first` in the list. */
const beats = (a: Cost, b: Cost, first: boolean): boolean =>
  a.bytes <= b.bytes && a.multiplies <= b.multiplies && (first || a.bytes < b.bytes || a.multiplies < b.multiplies);

function refusal({ run }: Matrix, firsts: readonly Firsts[], n: number, m: number): readonly Refusal<Nm>[] {
  const params: Nm = { n, m, rank: 0 };
  if (run < m) {
    const reason = `has runs of ${run} column${run === 1 ? '' : 's'}, and a group takes ${m}`;
    return [{ params, reason }];
  }
  const excess = firsts[m][n];
  if (!excess) return [];
  const { row, column, width, count } = excess;
  return [{ params, reason: `row ${row} has ${count} nonzeros in columns ${column}..${column + width - 1}` }];
}

/** The counts of all groups, by m. Once a count is above what any pattern of an m takes, that m is not looked at again. */
function countGroups(m: Matrix): readonly Firsts[] {
  const { columns, run } = m;
  const live = liveness(m);
  const firsts: Excess[][] = Array.from({ length: mostColumns + 1 }, () => []);
  let open = firsts.map((_, width) => width).filter((width) => width >= 2 && width <= run);
  const before = new Int32Array(run + 1);
  for (let start = 0; start < live.length && open.length > 0; start += run) {
    for (let k = 0; k < run; k++) before[k + 1] = before[k] + live[start + k];
    if (before[run] === 0) continue;
    for (const width of open)
      for (let first = 0; first < run; first += width) {
        const last = Math.min(first + width, run);
        const count = before[last] - before[first];
        while (firsts[width].length < count) {
          const row = Math.floor(start / columns);
          firsts[width].push({ row, column: (start % columns) + first, width: last - first, count });
        }
      }
    open = open.filter((width) => firsts[width].length <= mostEntries(width));
  }
  return firsts;
}
