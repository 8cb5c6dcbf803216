/** Which blocks of a matrix hold live entries, and which sizes of block suit it. */
import type { Matrix } from '../tensor/matrix.ts';
import { isLive } from '../tensor/matrix.ts';
import type { Detection, Refusal } from './format.ts';
import { gatherBand, liveBits, popcount, windowOf } from './livebits.ts';

/** Rows and columns of a block, 1 to 16 each. */
export type Block = { readonly r: number; readonly c: number };

/** Calls `visit` with the first row and column and the size inside the matrix of each block that has a live entry, in order, until it says `true`. */
export function eachBlock(
  m: Matrix,
  { r, c }: Block,
  visit: (row: number, column: number, height: number, width: number) => boolean,
): void {
  const { rows, columns, run } = m;
  const bits = liveBits(m);
  const { wordsPerRun, wordsPerRow } = bits;
  const band = new Int32Array(wordsPerRow);
  for (let row = 0; row < rows; row += r) {
    const height = Math.min(r, rows - row);
    gatherBand(bits, row, height, band);
    for (let start = 0, first = 0; start < columns; start += run, first += wordsPerRun)
      for (let k = 0; k < run; k += c)
        if (windowOf(band, first, wordsPerRun, k, c) !== 0 && visit(row, start + k, height, Math.min(c, run - k)))
          return;
  }
}

export function countBlocks(m: Matrix, params: Block): number {
  let count = 0;
  if (32 % params.c === 0) {
    const bits = liveBits(m);
    const band = new Int32Array(bits.wordsPerRow);
    for (let row = 0; row < m.rows; row += params.r) {
      gatherBand(bits, row, Math.min(params.r, m.rows - row), band);
      for (let w = 0; w < band.length; w++) count += occupied(band[w], params.c);
    }
    return count;
  }
  eachBlock(m, params, () => {
    count++;
    return false;
  });
  return count;
}

/** How many of the aligned groups of `c` bits, a power of two up to 16, have a bit. */
function occupied(word: number, c: number): number {
  if (c === 1) return popcount(word);
  const pairs = (word | (word >>> 1)) & 0x55555555;
  if (c === 2) return popcount(pairs);
  const fours = (pairs | (pairs >>> 2)) & 0x11111111;
  if (c === 4) return popcount(fours);
  const eights = (fours | (fours >>> 4)) & 0x01010101;
  return popcount(c === 8 ? eights : (eights | (eights >>> 8)) & 0x00010001);
}

/**
 * Blocks worth pricing store at most this many entries a weight. Beyond it padding costs more than blocks gain, and
 * pairs would be made of weights that are neighbours by chance.
 */
export const mostPadding = 1.5;

/** Sizes of block: powers of two up to 16, and the size that the zeros themselves show where it is another. */
export function detectBlocks(m: Matrix): Detection<Block> {
  const weights = liveBits(m).live;
  const found = findEdges(m);
  const fits: Block[] = [];
  const refused: Refusal<Block>[] = [];
  for (const r of sizesUpTo(m.rows, found.r))
    for (const c of sizesUpTo(m.run, found.c)) {
      const within = refused.some(({ params }) => r % params.r === 0 && c % params.c === 0);
      if ((r === 1 && c === 1) || within) continue;
      const entries = countBlocks(m, { r, c }) * r * c;
      const reason = whyNot(m, { r, c }, weights, entries);
      if (reason) refused.push({ params: { r, c }, reason });
      else fits.push({ r, c });
    }
  return { fits, refused };
}

const largest = 16;

const sizesUpTo = (most: number, found: number): readonly number[] =>
  [...new Set([1, 2, 4, 8, largest, found])].filter((size) => size <= most).sort((a, b) => a - b);

function whyNot(m: Matrix, { r, c }: Block, weights: number, entries: number): string | undefined {
  if (entries > mostPadding * weights)
    return `takes ${entries} entries for ${weights} weights: ${firstGap(m, { r, c })}`;
  if (weights > 0 && entries >= m.data.length)
    return `takes ${entries} entries, and the whole matrix has ${m.data.length}`;
  return undefined;
}

/** The first stored block that is not full, as a clause. */
export function firstGap(m: Matrix, params: Block): string {
  let clause: string | undefined;
  eachBlock(m, params, (row, column, height, width) => {
    let count = 0;
    for (let i = row; i < row + height; i++)
      for (let k = column; k < column + width; k++) if (isLive(m, i * m.columns + k)) count++;
    if (count === params.r * params.c) return false;
    const [rows, columns] = [range('row', row, height), range('column', column, width)];
    clause = `${rows} ${height === 1 ? 'has' : 'have'} ${count} nonzero${count === 1 ? '' : 's'} in ${columns}`;
    return true;
  });
  return clause ?? '';
}

export const range = (what: string, first: number, count: number): string =>
  count === 1 ? `${what} ${first}` : `${what}s ${first}..${first + count - 1}`;

/** Share of the borders between live and pruned that must lie on the edges of blocks for a size to be taken as meant. */
const mostlyOnEdges = 0.9;

/**
 * The largest number of rows, and of columns, at whose multiples live and pruned entries border. Some borders
 * may lie elsewhere, since a weight inside a block may happen to be zero.
 */
function findEdges(m: Matrix): Block {
  const { wordsPerRun, wordsPerRow, words } = liveBits(m);
  const down = new Float64Array(m.rows);
  const across = new Float64Array(m.run);
  for (let row = 0, at = 0; row < m.rows; row++)
    for (let w = 0; w < wordsPerRow; w++, at++) {
      if (row > 0) down[row] += popcount(words[at] ^ words[at - wordsPerRow]);
      const start = (w % wordsPerRun) * 32;
      const before = start === 0 ? words[at] & 1 : words[at - 1] >>> 31;
      const inRun = m.run - start < 32 ? (1 << (m.run - start)) - 1 : -1;
      for (let edges = (words[at] ^ ((words[at] << 1) | before)) & inRun; edges !== 0; edges &= edges - 1)
        across[start + 31 - Math.clz32(edges & -edges)]++;
    }
  return { r: largestPeriod(down), c: largestPeriod(across) };
}

function largestPeriod(borders: Float64Array): number {
  const total = borders.reduce((n, count) => n + count, 0);
  if (total === 0 && borders.length <= largest) return borders.length;
  for (let size = largest; size > 1 && total > 0; size--) {
    let onEdges = 0;
    for (let at = 0; at < borders.length; at += size) onEdges += borders[at];
    if (onEdges >= mostlyOnEdges * total) return size;
  }
  return 1;
}
