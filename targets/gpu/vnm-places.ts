/** Four rows that share four of every few columns, of which each keeps two: which four, and which two of these. */
import { liveBits, popcount } from '../../src/formats/livebits.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { liveness } from '../../src/tensor/matrix.ts';
import type { Order } from './storage.ts';

/** Columns of a group, of which as many lie in a word. */
const sizes = [8, 16, 32];

/** How many zeros may be stored for each weight that is none: in layers with few weights a pattern is there by chance. */
const mostPadding = 1.25;

/** Columns of a group by which weights lie so, if there are any. */
export const sharedSize = (matrix: Matrix): number | undefined => sizes.find((size) => isShared(matrix, size));

function isShared(matrix: Matrix, m: number): boolean {
  const { rows, columns, run } = matrix;
  const { words, wordsPerRow, live } = liveBits(matrix);
  const bands = Math.ceil(rows / 4);
  if (run % m !== 0 || bands * (columns / m) * 8 > mostPadding * live) return false;
  const mask = m === 32 ? -1 : (1 << m) - 1;
  for (let band = 0; band < bands; band++)
    for (let w = 0; w < wordsPerRow; w++)
      for (let shift = 0; shift < 32; shift += m) {
        let all = 0;
        for (let row = 4 * band; row < Math.min(rows, 4 * band + 4); row++) {
          const own = (words[row * wordsPerRow + w] >>> shift) & mask;
          if (popcount(own) > 2) return false;
          all |= own;
        }
        if (popcount(all) > 4) return false;
      }
  return true;
}

export interface Packed {
  /** Of each band, the four columns of each group. */
  readonly bits: Int32Array<ArrayBuffer>;
  /** Of each group, for each row which of the four its two are: 16 bits. */
  readonly codes: Uint32Array<ArrayBuffer>;
  readonly order: Order;
}

export function packed4(matrix: Matrix, m: number): Packed {
  const { rows, columns, run } = matrix;
  const { wordsPerRow, wordsPerRun } = liveBits(matrix);
  const kept = liveness(matrix);
  const bands = Math.ceil(rows / 4);
  const groups = columns / m;
  const bits = new Int32Array(bands * wordsPerRow);
  const codes = new Uint32Array(Math.ceil((bands * groups) / 2));
  const order = { rows: new Int32Array(8 * bands * groups).fill(-1), columns: new Int32Array(8 * bands * groups) };
  for (let band = 0; band < bands; band++)
    for (let group = 0; group < groups; group++) {
      const at = band * groups + group;
      const first = group * m;
      const own = Array.from({ length: 4 }, (_, r) => placesOf(kept, matrix, 4 * band + r, first, m));
      const four = fourOf(own.flat(), m);
      const word = band * wordsPerRow + Math.floor(first / run) * wordsPerRun + ((first % run) >> 5);
      for (const place of four) bits[word] |= 1 << (((first % run) & 31) + place);
      own.forEach((places, r) => {
        places.forEach((place, k) => {
          order.rows[8 * at + 2 * r + k] = 4 * band + r;
          order.columns[8 * at + 2 * r + k] = first + place;
          codes[at >> 1] |= four.indexOf(place) << (16 * (at & 1) + 4 * r + 2 * k);
        });
      });
    }
  return { bits, codes, order };
}

function placesOf(
  kept: Uint8Array,
  { rows, columns }: Matrix,
  row: number,
  first: number,
  m: number,
): readonly number[] {
  if (row >= rows) return [];
  return Array.from({ length: m }, (_, k) => k).filter((k) => kept[row * columns + first + k] === 1);
}

/** Ascending, and others where there are fewer. */
function fourOf(places: readonly number[], m: number): readonly number[] {
  const four = new Set(places);
  for (let k = 0; four.size < 4 && k < m; k++) four.add(k);
  return [...four].sort((a, b) => a - b);
}
