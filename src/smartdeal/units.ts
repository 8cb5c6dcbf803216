/** How the weights of a layer become units: rows of three, as many to a basis as the paper's code puts together. */
import type { Decomposition } from '../tensor/decomposition.ts';
import { columnOf } from '../tensor/decomposition.ts';
import type { Shape } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';

export type Split = Pick<Decomposition, 'along' | 'rows' | 'units'>;

/** Rows of a unit at most: those of 64 input channels of 3x3 kernels. */
export const mostRows = 192;

/** For filters of so many weights: units, and rows in each. Zeros fill the last rows. */
const table: Readonly<Record<number, readonly [units: number, rows: number]>> = {
  4096: [8, 171],
  2048: [4, 171],
  1280: [3, 143],
  1024: [2, 171],
  960: [2, 160],
  576: [1, 192],
  512: [1, 171],
  384: [1, 128],
  320: [1, 107],
  256: [1, 86],
  192: [1, 64],
  160: [1, 54],
  144: [1, 48],
  128: [1, 43],
  96: [1, 32],
  64: [1, 22],
  32: [1, 11],
  24: [1, 8],
  16: [1, 6],
};

/** The units of weights of this shape, [o, kh, kw, i] or [out, in], or why there are none: the rest of a sentence. */
export function splitOf(shape: Shape): Split | string {
  const columns = elements(shape.slice(1));
  const [, height = 1, width = 1] = shape.length === 4 ? shape : [];
  if (shape.length === 4 && height === 3 && width === 3) {
    const all = columns / 3;
    const rows = pieceOf(all);
    return { along: 'kernels', rows, units: all / rows };
  }
  if (shape.length === 4 && (height !== 1 || width !== 1))
    return `has kernels of ${height}x${width}, and only those of 3x3 and 1x1 are decomposed`;
  const known = table[columns];
  if (known) return { along: 'neighbours', units: known[0], rows: known[1] };
  const all = Math.ceil(columns / 3);
  const rows = pieceOf(all);
  return { along: 'neighbours', rows, units: all / rows };
}

/** The largest product of the last prime factors of `all`, in ascending order, that is no more than `mostRows`. */
export function pieceOf(all: number): number {
  let piece = 1;
  for (const prime of primeFactors(all).toReversed()) {
    if (piece * prime > mostRows) break;
    piece *= prime;
  }
  return piece;
}

function primeFactors(n: number): readonly number[] {
  const primes: number[] = [];
  for (let prime = 2, rest = n; rest > 1; prime++) {
    if (prime * prime > rest) prime = rest;
    for (; rest % prime === 0; rest /= prime) primes.push(prime);
  }
  return primes;
}

/** The weights of one filter as rows of three, of all its units: 0 where they are padded. */
export function rowsOf(filter: ArrayLike<number>, { along, rows, units }: Split, run: number): Float64Array {
  const tall = new Float64Array(3 * rows * units);
  for (let at = 0; at < tall.length; at++) {
    const column = columnOf(along, Math.floor(at / 3), at % 3, run);
    if (column < filter.length) tall[at] = filter[column];
  }
  return tall;
}

/** Bits of a unit of which so many rows are stored: a bit for each row, twelve for each that is stored, and the basis. */
export const unitBits = (rows: number, stored: number): number => rows + 12 * stored + 72;

/** A layer that would not save more than an eighth of 8-bit weights is not worth its error. */
const leastSaved = 1 / 8;

/** Why units would not pay, with no row pruned: the rest of a sentence. */
export function expansionOf(shape: Shape, { rows, units }: Split): string | undefined {
  const bits = units * unitBits(rows, rows);
  const bytes = 8 * elements(shape.slice(1));
  if (bits < (1 - leastSaved) * bytes) return undefined;
  return `would take ${bits} bits a filter, and ${bytes} in 8-bit integers${bits > bytes ? '' : ': too little is saved'}`;
}
