/** Which blocks of a matrix hold live entries, and which sizes of block suit it. */
import type { Matrix } from '../tensor/matrix.ts';
import { countLive, liveness } from '../tensor/matrix.ts';
import type { Detection, Refusal } from './format.ts';

/** Rows and columns of a block, 1 to 16 each. */
export type Block = { readonly r: number; readonly c: number };

type Sizes = Pick<Matrix, 'rows' | 'columns' | 'run'>;

/** Calls `visit` with the first row and column and the size inside the matrix of each block that has a live entry, in order. */
export function eachBlock(
  { rows, columns, run }: Sizes,
  live: Uint8Array,
  { r, c }: Block,
  visit: (row: number, column: number, height: number, width: number) => void,
): void {
  const band = new Uint8Array(columns);
  for (let row = 0; row < rows; row += r) {
    const height = Math.min(r, rows - row);
    for (let column = 0, at = row * columns; column < columns; column++, at++) band[column] = live[at];
    for (let i = 1; i < height; i++)
      for (let column = 0, at = (row + i) * columns; column < columns; column++, at++) band[column] |= live[at];
    for (let start = 0; start < columns; start += run)
      for (let column = start; column < start + run; column += c) {
        const end = Math.min(column + c, start + run);
        let any = 0;
        for (let k = column; k < end; k++) any |= band[k];
        if (any !== 0) visit(row, column, height, end - column);
      }
  }
}

export function countBlocks(m: Sizes, live: Uint8Array, params: Block): number {
  let count = 0;
  eachBlock(m, live, params, () => count++);
  return count;
}

/**
 * Blocks worth pricing store at most this many entries a weight. Beyond it padding costs more than blocks gain, and
 * pairs would be made of weights that are neighbours by chance.
 */
const mostPadding = 1.5;

/** Sizes of block: powers of two up to 16, and the size that the zeros themselves show where it is another. */
export function detectBlocks(m: Matrix): Detection<Block> {
  const live = liveness(m);
  const weights = countLive(m);
  const found = findEdges(m, live);
  const fits: Block[] = [];
  const refused: Refusal<Block>[] = [];
  for (const r of sizesUpTo(m.rows, found.r))
    for (const c of sizesUpTo(m.run, found.c)) {
      const within = refused.some(({ params }) => r % params.r === 0 && c % params.c === 0);
      if ((r === 1 && c === 1) || within) continue;
      const entries = countBlocks(m, live, { r, c }) * r * c;
      const reason = whyNot(m, live, { r, c }, weights, entries);
      if (reason) refused.push({ params: { r, c }, reason });
      else fits.push({ r, c });
    }
  return { fits, refused };
}

const largest = 16;

const sizesUpTo = (most: number, found: number): readonly number[] =>
  [...new Set([1, 2, 4, 8, largest, found])].filter((size) => size <= most).sort((a, b) => a - b);

function whyNot(m: Matrix, live: Uint8Array, { r, c }: Block, weights: number, entries: number): string | undefined {
  if (entries > mostPadding * weights)
    return `takes ${entries} entries for ${weights} weights: ${firstGap(m, live, { r, c })}`;
  if (weights > 0 && entries >= live.length) return `takes ${entries} entries, and the whole matrix has ${live.length}`;
  return undefined;
}

/** The first stored block that is not full, as a clause. */
function firstGap(m: Matrix, live: Uint8Array, params: Block): string {
  let clause: string | undefined;
  eachBlock(m, live, params, (row, column, height, width) => {
    if (clause !== undefined) return;
    let count = 0;
    for (let i = row; i < row + height; i++)
      for (let k = column; k < column + width; k++) count += live[i * m.columns + k];
    if (count === params.r * params.c) return;
    const [rows, columns] = [range('row', row, height), range('column', column, width)];
    clause = `${rows} ${height === 1 ? 'has' : 'have'} ${count} nonzero${count === 1 ? '' : 's'} in ${columns}`;
  });
  return clause ?? '';
}

const range = (what: string, first: number, count: number): string =>
  count === 1 ? `${what} ${first}` : `${what}s ${first}..${first + count - 1}`;

/** Share of the borders between live and pruned that must lie on the edges of blocks for a size to be taken as meant. */
const mostlyOnEdges = 0.9;

/**
 * The largest number of rows, and of columns, at whose multiples live and pruned entries border. Some borders
 * may lie elsewhere, since a weight inside a block may happen to be zero.
 */
function findEdges({ rows, columns, run }: Sizes, live: Uint8Array): Block {
  const down = new Float64Array(rows);
  const across = new Float64Array(run);
  for (let row = 0; row < rows; row++) {
    const first = row * columns;
    let changed = 0;
    if (row > 0) for (let at = first; at < first + columns; at++) changed += live[at] ^ live[at - columns];
    down[row] = changed;
    for (let start = first; start < first + columns; start += run)
      for (let k = 1; k < run; k++) across[k] += live[start + k] ^ live[start + k - 1];
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
