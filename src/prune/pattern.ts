/**
 * Each kernel keeps k of its taps, in one of a few ways that the kernels of a layer share: the ways that are best for most
 * of them. Then, if wanted, whole kernels are cut so that every filter keeps the same number. As in PatDNN (Niu et al.,
 * 2020) and MEST (Yuan et al., 2021), whose sets are fixed; taken from the data here.
 */
import type { Matrix } from '../tensor/matrix.ts';
import { leftOver, parsePair, parseRatio } from './parts.ts';
import type { Mask, Pattern, Units } from './pruner.ts';

/** Taps of a kernel: as many as 7x7 has. */
const mostTaps = 49;

interface Taps {
  readonly k: number;
  readonly taps: number;
  /** How many ways there are to keep k. */
  readonly ways: number;
}

export const pattern: Pattern = {
  name: 'pattern',
  doc: 'k taps of every kernel, in one of 8 ways; and the share of whole kernels to cut; and how many ways',
  example: 'pattern:4/9',

  parse(parts) {
    const kept = leftOver(parts, 3) ?? parsePair(parts[0], '/', 'how many of how many taps are kept', mostTaps);
    if (typeof kept === 'string') return kept;
    const [k, taps] = kept;
    if (k >= taps) return `keeps ${k} of ${taps} taps, and that is all of them`;
    const ratio = parts.length < 2 ? 0 : parseRatio(parts[1]);
    if (typeof ratio === 'string') return ratio;
    const ways = parts.length < 3 ? 8 : /^\d{1,2}$/.test(parts[2]) ? Number(parts[2]) : Number.NaN;
    if (!(ways >= 1 && ways <= 32)) return `has "${parts[2]}" where the number of ways to keep taps stands, 1 to 32`;
    const params: Taps = { k, taps, ways };
    const refuse = ({ columns, run }: Matrix): string | undefined => {
      const own = columns / run;
      return own === taps
        ? undefined
        : `has kernels of ${own} tap${own === 1 ? '' : 's'}, and the pattern is of ${taps}`;
    };
    if (parts.length < 2) return { kind: 'fixed', refuse, keep: (m) => maskOf(m, taken(m, params)) };
    return {
      kind: 'ranked',
      ratio,
      refuse,
      most: ({ rows, run }) => rows * run * k,
      units: (m) => ({ scores: scoresOf(taken(m, params), k), sizes: k }),
      keep: (m, budget) => {
        const choice = taken(m, params);
        const perFilter = Math.min(m.run, Math.max(1, Math.round(budget / (k * m.rows))));
        return maskOf(m, choice, balanced(m, scoresOf(choice, k), perFilter));
      },
    };
  },
};

/** What each kernel, number row · run + channel, keeps. */
interface Choice {
  /** The taps of each way, ascending. */
  readonly ways: readonly (readonly number[])[];
  readonly wayOf: Uint8Array<ArrayBuffer>;
  /** The sum of the squares that the kernel keeps. */
  readonly squares: Float64Array<ArrayBuffer>;
}

function taken({ rows, columns, run, data }: Matrix, { k, taps, ways: most }: Taps): Choice {
  const kernels = rows * run;
  const ways = frequentWays({ rows, columns, run, data }, k, taps, most);
  const wayOf = new Uint8Array(kernels);
  const squares = new Float64Array(kernels);
  const own = new Float64Array(taps);
  for (let kernel = 0; kernel < kernels; kernel++) {
    readKernel(data, startOf(kernel, run, columns), run, own);
    let best = -1;
    ways.forEach((way, w) => {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += own[way[i]];
      if (sum > best) [best, wayOf[kernel]] = [sum, w];
    });
    squares[kernel] = best;
  }
  return { ways, wayOf, squares };
}

const startOf = (kernel: number, run: number, columns: number): number =>
  Math.floor(kernel / run) * columns + (kernel % run);

/** The squares of one kernel; what is not a number counts as infinite. */
function readKernel(data: Float32Array, start: number, run: number, own: Float64Array): void {
  for (let tap = 0; tap < own.length; tap++) {
    const w = data[start + tap * run];
    own[tap] = Number.isNaN(w) ? Infinity : w * w;
  }
}

/** The best ways of single kernels that occur most often; of those that occur equally often, the one with lower taps. */
function frequentWays(
  { rows, columns, run, data }: Matrix,
  k: number,
  taps: number,
  most: number,
): readonly number[][] {
  const counts = new Map<number, number>();
  const own = new Float64Array(taps);
  const best = new Int32Array(k);
  for (let kernel = 0; kernel < rows * run; kernel++) {
    readKernel(data, startOf(kernel, run, columns), run, own);
    let count = 0;
    for (let tap = 0; tap < taps; tap++) {
      let place = count;
      while (place > 0 && own[best[place - 1]] < own[tap]) place--;
      if (place === k) continue;
      if (count < k) count++;
      best.copyWithin(place + 1, place, count - 1);
      best[place] = tap;
    }
    // More than 32 taps: a number, since bits would not do.
    let key = 0;
    for (let i = 0; i < k; i++) key += 2 ** best[i];
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || a - b)
    .slice(0, most)
    .map(([key]) =>
      Array.from({ length: taps }, (_, tap) => tap).filter((tap) => Math.floor(key / 2 ** tap) % 2 === 1),
    );
}

const scoresOf = ({ squares }: Choice, k: number): Units['scores'] =>
  Float32Array.from(squares, (s) => Math.sqrt(s / k));

/** The best kernels of each row, equally many. */
function balanced({ rows, run }: Matrix, scores: Units['scores'], perFilter: number): Uint8Array {
  const kept = new Uint8Array(rows * run);
  for (let row = 0; row < rows; row++) {
    const own = Int32Array.from({ length: run }, (_, channel) => row * run + channel);
    own.sort((a, b) => scores[b] - scores[a] || a - b);
    for (let i = 0; i < perFilter; i++) kept[own[i]] = 1;
  }
  return kept;
}

function maskOf({ rows, columns, run }: Matrix, { ways, wayOf }: Choice, kept?: Uint8Array): Mask {
  const mask = new Uint8Array(rows * columns);
  for (let kernel = 0; kernel < wayOf.length; kernel++) {
    if (kept && kept[kernel] === 0) continue;
    const start = startOf(kernel, run, columns);
    for (const tap of ways[wayOf[kernel]]) mask[start + tap * run] = 1;
  }
  return mask;
}
