/**
 * Streams of whole weights for pictures whose channels lie in pairs. A record multiplies two numbers for each sum: those of a
 * pair of channels, or, zipped, of an even channel and of an odd one that need not be neighbours. Rows may share records in
 * pairs of their own.
 *
 *     for each two rows, or for each row:
 *     i32   bytes of its records
 *     i32   what is added to the results
 *     i32   sum to begin with, multiplier, what is added for rounding, shift: for each row
 *     the records, each i32 offset, zipped i32 offset of the odd channel, and two i16 weights for each row
 */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { isLive } from '../../../src/tensor/matrix.ts';
import type { Rescaling } from './rescale.ts';

export interface RecordKind {
  /** Rows that share records. */
  readonly width: 1 | 2;
  readonly zipped: boolean;
}

export const kindName = ({ width, zipped }: RecordKind): string => `${zipped ? 'zip' : 'dot'}-${width}`;

/** One weight, and where the pair of channels lies that it multiplies one of. */
interface Entry {
  readonly offset: number;
  /** Of the row, and of the one after it. */
  readonly weights: readonly number[];
}

/** The offset of each pair of channels of each tap, as columns come: tap by tap. */
export type PairOffset = (tap: number, pair: number) => number;

/** Operations on a vector of sums for a record of each kind. */
const costs: readonly (readonly [RecordKind, cost: number])[] = [
  [{ width: 2, zipped: false }, 4],
  [{ width: 2, zipped: true }, 5.5],
  [{ width: 1, zipped: false }, 2.2],
];

/** The kind that takes least for these weights. */
export function kindFor(matrix: Matrix): RecordKind {
  const timed = costs.map(([kind, cost]) => {
    let records = 0;
    for (let row = 0; row < matrix.rows; row += kind.width) records += recordsOf(matrix, row, kind, () => 0).length;
    return { kind, time: cost * records };
  });
  return timed.reduce((best, next) => (next.time < best.time ? next : best)).kind;
}

interface PairRecord {
  readonly offset: number;
  readonly odd: number;
  /** For each row those of the even and of the odd channel. */
  readonly weights: readonly number[];
}

function recordsOf(matrix: Matrix, row: number, { width, zipped }: RecordKind, at: PairOffset): readonly PairRecord[] {
  const { columns, run, data, rows } = matrix;
  const live = Array.from({ length: Math.min(width, rows - row) }, (_, i) => row + i);
  const halves: readonly [Entry[], Entry[]] = [[], []];
  const places: number[][] = [[], []];
  for (let column = 0; column < columns; column++) {
    if (!live.some((r) => isLive(matrix, r * columns + column) && data[r * columns + column] !== 0)) continue;
    const [tap, channel] = [Math.floor(column / run), column % run];
    const pair = channel >> 1;
    const weights = Array.from({ length: width }, (_, i) => (row + i < rows ? data[(row + i) * columns + column] : 0));
    halves[channel & 1].push({ offset: at(tap, pair), weights });
    places[channel & 1].push(tap * run + pair);
  }
  const none = Array<number>(width).fill(0);
  const record = (even: Entry | undefined, odd: Entry | undefined): PairRecord => ({
    offset: (even ?? odd)?.offset ?? 0,
    odd: (odd ?? even)?.offset ?? 0,
    weights: none.flatMap((_, i) => [even?.weights[i] ?? 0, odd?.weights[i] ?? 0]),
  });
  const [evens, odds] = halves;
  if (zipped) return Array.from({ length: Math.max(evens.length, odds.length) }, (_, i) => record(evens[i], odds[i]));
  const records: PairRecord[] = [];
  for (let e = 0, o = 0; e < evens.length || o < odds.length; ) {
    const [a, b] = [places[0][e] ?? Infinity, places[1][o] ?? Infinity];
    records.push(record(a <= b ? evens[e] : undefined, b <= a ? odds[o] : undefined));
    if (a <= b) e++;
    if (b <= a) o++;
  }
  return records;
}

/** Rows come in twos: where their number is odd, one follows without weights. */
export function pairStream(
  matrix: Matrix,
  kind: RecordKind,
  rescalings: readonly Rescaling[],
  zero: number,
  at: PairOffset,
): Int32Array<ArrayBuffer> {
  const words: number[] = [];
  for (let row = 0; row < matrix.rows + (matrix.rows % 2); row += kind.width) {
    const records = row < matrix.rows ? recordsOf(matrix, row, kind, at) : [];
    const size = kind.width + 1 + Number(kind.zipped);
    words.push(4 * size * records.length, zero, ...headOf(rescalings, row, kind.width));
    for (const { offset, odd, weights } of records)
      words.push(offset, ...(kind.zipped ? [odd] : []), ...packed(weights));
  }
  return Int32Array.from(words);
}

/** What comes before the records of some rows; a row that is not there has a head of zeros, and a shift that is one. */
export const headOf = (rescalings: readonly Rescaling[], row: number, width: number): readonly number[] =>
  Array.from({ length: width }, (_, i) => {
    const { bias, multiplier, round, shift, up } = rescalings[row + i] ?? none;
    return [bias, multiplier, round, shift, up];
  }).flat();

const none: Rescaling = { bias: 0, multiplier: 0, round: 1, shift: 1, up: 0 };

/** Two numbers of 16 bits in a word, the first in its lower half. */
export const packed = (numbers: readonly number[]): readonly number[] =>
  Array.from({ length: numbers.length / 2 }, (_, i) => (numbers[2 * i] & 0xffff) | (numbers[2 * i + 1] << 16));
