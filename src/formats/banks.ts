/** Which groups of rows fill packs in which every entry lies in another bank, and the sizes of pack that suit a layer. */
import type { Matrix } from '../tensor/matrix.ts';
import { range } from './blocks.ts';
import type { Detection } from './format.ts';
import { eachBit, liveBits, popcount } from './livebits.ts';

/**
 * Packs of b entries, k from each of b / k rows, with b different columns mod b. With `scatter` the rows of a group
 * stand anywhere.
 */
export type Gs = { readonly b: number; readonly k: number; readonly scatter: 0 | 1 };

const sizes = [8, 16, 32];

/** Those that papers prune to. Where one does not fit, the reason is told. */
const usual = [
  { b: 8, k: 8 },
  { b: 8, k: 1 },
  { b: 8, k: 2 },
  { b: 16, k: 1 },
];

/** What is asked of the rows of a matrix for one size after another. */
interface Rows {
  /** The live entries of each. */
  readonly counts: Int32Array;
  /** Those with as many, fewest first. */
  readonly byCount: readonly (readonly [count: number, rows: readonly number[]])[];
  /** By number of banks: the entries of each row in each. */
  readonly banks: Map<number, Int32Array>;
}

const known = new WeakMap<Matrix, Rows>();

function rowsOf(m: Matrix): Rows {
  const rows = known.get(m) ?? countRows(m);
  known.set(m, rows);
  return rows;
}

function countRows(m: Matrix): Rows {
  const { words, wordsPerRow } = liveBits(m);
  const counts = new Int32Array(m.rows);
  const alike = new Map<number, number[]>();
  for (let row = 0, at = 0; row < m.rows; row++) {
    for (let w = 0; w < wordsPerRow; w++) counts[row] += popcount(words[at++]);
    const rows = alike.get(counts[row]);
    if (rows) rows.push(row);
    else alike.set(counts[row], [row]);
  }
  return { counts, byCount: [...alike].sort(([one], [other]) => one - other), banks: new Map() };
}

/** The entries of all rows by bank, row after row. */
function banksOf(m: Matrix, b: number): Int32Array {
  const { banks } = rowsOf(m);
  const made = banks.get(b) ?? countBanks(m, b);
  banks.set(b, made);
  return made;
}

function countBanks(m: Matrix, b: number): Int32Array {
  const { words, wordsPerRow, wordsPerRun, run } = liveBits(m);
  const banks = new Int32Array(m.rows * b);
  const add = b === 8 ? addEighths() : addBits;
  for (let row = 0, at = 0; row < m.rows; row++) {
    for (let w = 0, start = 0, inRun = 0; w < wordsPerRow; w++, at++) {
      add(words[at], start + inRun * 32, banks, row * b, b);
      if (++inRun === wordsPerRun) [start, inRun] = [start + run, 0];
    }
    add(0, 0, banks, row * b, b);
  }
  return banks;
}

/** Adds the bits of a word, of which the first is column `column`, to b banks from `first` on. A word of 0 ends a row. */
type AddBits = (word: number, column: number, banks: Int32Array, first: number, b: number) => void;

const addBits: AddBits = (word, column, banks, first, b) => {
  for (let rest = word; rest !== 0; rest &= rest - 1) banks[first + ((column + 31 - Math.clz32(rest & -rest)) % b)]++;
};

/** Eight banks, of which a word has four bits each: these are added up as the four bytes of a number, as long as they have room. */
function addEighths(): AddBits {
  const sums = new Int32Array(8);
  let added = 0;
  return (word, column, banks, first) => {
    for (let i = 0; i < 8; i++) sums[(column + i) & 7] += (word >>> i) & 0x01010101;
    if (word !== 0 && ++added < 255) return;
    for (let bank = 0; bank < 8; bank++) {
      const sum = sums[bank];
      banks[first + bank] += (sum & 255) + ((sum >>> 8) & 255) + ((sum >>> 16) & 255) + (sum >>> 24);
    }
    sums.fill(0);
    added = 0;
  };
}

/** Sizes whose every group, the last one too, is full; scattered where they do not fit as rows stand. */
export function detectGs(m: Matrix): Detection<Gs> {
  const none = (reason: string) => ({ fits: [], refused: [{ params: { b: 16, k: 1, scatter: 0 as const }, reason }] });
  const live = rowsOf(m).counts.reduce((sum, count) => sum + count, 0);
  if (live === 0) return none('has 0 nonzeros, and a pack takes 16');
  if (live === m.data.length) return none(`takes ${live} entries, and the whole matrix has ${live}`);
  const shapes = sizes.flatMap((b) => [...powersUpTo(b)].map((k) => ({ b, k })));
  const fits = shapes.flatMap(({ b, k }): readonly Gs[] => {
    const tried: readonly Gs[] = [{ b, k, scatter: 0 }, ...(k < b ? [{ b, k, scatter: 1 as const }] : [])];
    return tried.filter((params) => typeof groupRows(m, params) !== 'string').slice(0, 1);
  });
  const refused = usual.flatMap(({ b, k }) => {
    const params: Gs = { b, k, scatter: 0 };
    const reason = groupRows(m, params);
    return typeof reason === 'string' ? [{ params, reason }] : [];
  });
  return { fits, refused };
}

function* powersUpTo(most: number): Iterable<number> {
  for (let power = 1; power <= most; power *= 2) yield power;
}

/**
 * The rows, group after group, or why there are no such groups. One is full when its rows have as many entries each, and
 * its banks too. What scattered rows belong together only their banks tell, so that groups are searched for, up to a limit.
 */
export function groupRows(m: Matrix, params: Gs): Int32Array<ArrayBuffer> | string {
  const { b, k, scatter } = params;
  const height = b / k;
  if (m.rows % height !== 0) return `has ${m.rows} rows, and a group takes ${height}`;
  if (scatter) return scattered(m, params);
  const { counts } = rowsOf(m);
  const bits = liveBits(m);
  const banks = new Int32Array(b);
  for (let first = 0; first < m.rows; first += height) {
    for (let row = first; row < first + height; row++)
      if (counts[row] !== counts[first])
        return `row ${first} has ${counts[first]} nonzeros, and row ${row} of its group ${counts[row]}`;
    if (counts[first] === 0) continue;
    banks.fill(0);
    for (let row = first; row < first + height; row++)
      eachBit(bits, bits.words, (column) => void banks[column % b]++, row * bits.wordsPerRow);
    const bank = banks.findIndex((count) => count !== banks[0]);
    const has = `${range('row', first, height)} ${height === 1 ? 'has' : 'have'}`;
    if (bank > 0) return `${has} ${banks[0]} nonzeros in bank 0 of ${b}, and ${banks[bank]} in bank ${bank}`;
  }
  return Int32Array.from(counts.keys());
}

/** Rows that are tried for a group, in all. */
const mostTries = 1 << 16;

/** Rows with as many entries among which groups are looked for. */
const mostAlike = 1 << 12;

/** Groups of rows with as many entries, those with fewest first. */
function scattered(m: Matrix, { b, k }: Gs): Int32Array<ArrayBuffer> | string {
  const height = b / k;
  const { byCount } = rowsOf(m);
  const odd = byCount.find(([count, { length }]) => length % height !== 0 || count % k !== 0);
  if (odd) return `${odd[1].length} rows have ${odd[0]} nonzeros, and a group takes ${height} with a multiple of ${k}`;
  const order: number[] = [];
  let tries = mostTries;
  for (const [count, rows] of byCount) {
    // What is uneven in 8 banks is so in 16 and in 32.
    const even = (b % 8 !== 0 || isEven(m, rows, 8)) && isEven(m, rows, b) && rows.length <= mostAlike;
    const found = even ? searchGroups(m, { rows, b, height, packs: count / k }, tries) : undefined;
    if (!found) return `rows with ${count} nonzeros are in no groups of ${height} that were found`;
    tries = found.tries;
    order.push(...found.rows);
  }
  return Int32Array.from(order);
}

/** Whether rows have as many entries in each bank, together. */
function isEven(m: Matrix, rows: readonly number[], b: number): boolean {
  const banks = banksOf(m, b);
  const sums = new Float64Array(b);
  for (const row of rows) for (let bank = 0; bank < b; bank++) sums[bank] += banks[row * b + bank];
  return sums.every((sum) => sum === sums[0]);
}

interface Search {
  readonly rows: readonly number[];
  readonly b: number;
  /** Rows of a group, and its entries in each bank. */
  readonly height: number;
  readonly packs: number;
}

/** The rows in groups. Each begins with the first row that is in none. */
function searchGroups(m: Matrix, { rows, b, height, packs }: Search, limit: number) {
  const banks = banksOf(m, b);
  const chosen: number[] = [];
  const taken = new Uint8Array(rows.length);
  let tries = limit;
  const extend = (sum: Int32Array, from: number): boolean => {
    if (chosen.length === rows.length) return true;
    const begins = chosen.length % height === 0;
    for (let i = begins ? taken.indexOf(0) : from; i < rows.length && tries > 0; i++) {
      if (taken[i] === 1) continue;
      tries--;
      const next = banks.slice(rows[i] * b, (rows[i] + 1) * b);
      if (!begins) for (let bank = 0; bank < b; bank++) next[bank] += sum[bank];
      if (next.every((count) => count <= packs)) {
        taken[i] = 1;
        chosen.push(rows[i]);
        if (extend(next, i + 1)) return true;
        chosen.pop();
        taken[i] = 0;
      }
      if (begins) return false;
    }
    return false;
  };
  return extend(new Int32Array(b), 0) ? { rows: chosen, tries } : undefined;
}
