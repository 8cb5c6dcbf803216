/**
 * Sparse weights of dense layers in tiles of 16 rows side by side, so that sums need not be added across a vector:
 *
 *     1 0 2 0    tiles of 4 lanes, rows alone:  lanes   0  1  2  2     the row that each adds to
 *     0 3 0 0                                   columns 0  1  0  2     step by step
 *     4 5 6 7                                   weights 1  3  4  6
 *                                               columns 2  1  1  3
 *                                               weights 2  0  5  7
 *
 * Rows that share their columns, `height` of them, lie next to each other and have one column for all. Long rows are cut
 * into pieces, and pieces are sorted by their length: what lies in one tile is about as long, few rows fill a tile too, and
 * the shorter a chain of sums, the less is rounded. Lanes that end before others multiply their last input by 0.
 */
import { groupsOf, none } from '../../src/formats/alike.ts';
import { codeIn } from '../../src/formats/codes.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { liveness, wordsOf } from '../../src/tensor/matrix.ts';
import type { Encoding } from '../../src/tensor/type.ts';
import type { Together } from './stream.ts';

/** Rows side by side. */
export const tileLanes = 16;

/** Columns of a piece, at most. */
const longest = 64;

export interface Tiles {
  /** How many columns each tile has. */
  readonly steps: Uint16Array<ArrayBuffer>;
  /** The row of each lane, tile after tile. */
  readonly lanes: Int32Array<ArrayBuffer>;
  readonly columns: Int32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
}

/** The parameter that says how many rows share their columns. */
const shared: Readonly<Record<string, string>> = { block: 'r', vec: 'r', punched: 'f' };

export const tileHeights = [1, 2, 4, 8, 16] as const;
export type TileHeight = (typeof tileHeights)[number];

/** How many rows of a tile have one column. */
export function tileHeightOf({ format, params }: Encoding): TileHeight {
  const size = format in shared ? Number(params[shared[format]]) : 1;
  return tileHeights.findLast((height) => size % height === 0) ?? 1;
}

/** Rows that share their columns, from which on weights are fetched more slowly than their places are. */
export const leastHeight = 8;

/** Whether dense layers of one vector read the codes of an encoding as they are: bytes that count from one zero. */
export function areCodes(encoding: Encoding): boolean {
  const code = codeIn(encoding.params);
  const isFetched = encoding.format === 'dense' || tileHeightOf(encoding) >= leastHeight;
  return code !== undefined && 'linear' in code && code.linear === 8 && isFetched;
}

/** Which rows those are. A last group that is not whole has one of its rows again. */
export function sharing(m: Matrix, encoding: Encoding): Together {
  const height = tileHeightOf(encoding);
  const alike = encoding.format === 'vec' && height > 1;
  const rows = alike ? groupsOf(m, Number(encoding.params.r)) : Int32Array.from({ length: m.rows }, (_, r) => r);
  const order = Array.from(rows.filter((row) => row !== none));
  while (order.length % height !== 0) order.push(order[order.length - 1]);
  return { height, order };
}

/** Some columns of rows that share them. */
interface Piece {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

export function tilesOf(m: Matrix, together: Together): Tiles {
  const pieces = piecesOf(m, together);
  const perTile = tileLanes / together.height;
  const tiles = Array.from({ length: Math.ceil(pieces.length / perTile) }, (_, t) => {
    const own = pieces.slice(t * perTile, (t + 1) * perTile);
    return { own, steps: own[0].columns.length };
  });
  const total = tiles.reduce((sum, { steps }) => sum + steps, 0);
  const lanes = new Int32Array(tiles.length * tileLanes);
  const columns = new Int32Array(total * perTile);
  const weights = new Float32Array(total * tileLanes);
  const [to, from] = [wordsOf(weights), wordsOf(m.data)];
  const live = liveness(m);
  let [lane, step] = [0, 0];
  for (const { own, steps } of tiles) {
    for (let place = 0; place < perTile; place++) {
      // What is too few for a tile adds 0 to the last.
      const piece = own[Math.min(place, own.length - 1)];
      for (const row of piece.rows) lanes[lane++] = row;
      for (let k = 0; k < steps; k++) {
        const column = piece.columns[Math.min(k, piece.columns.length - 1)];
        columns[(step + k) * perTile + place] = column;
        if (place >= own.length || k >= piece.columns.length) continue;
        for (const [r, row] of piece.rows.entries()) {
          const at = row * m.columns + column;
          // The last group may have a row twice, that it is whole.
          const first = piece.rows.indexOf(row) === r;
          if (first && live[at] === 1) to[(step + k) * tileLanes + place * together.height + r] = from[at];
        }
      }
    }
    step += steps;
  }
  return { steps: Uint16Array.from(tiles, (tile) => tile.steps), lanes, columns, weights };
}

/** Long ones first. */
function piecesOf(m: Matrix, { height, order }: Together): readonly Piece[] {
  const live = liveness(m);
  const used = new Uint8Array(m.columns);
  const pieces: Piece[] = [];
  for (let start = 0; start < order.length; start += height) {
    const rows = Array.from({ length: height }, (_, r) => order[start + r]);
    used.fill(0);
    for (const row of rows) for (let c = 0, at = row * m.columns; c < m.columns; c++) used[c] |= live[at++];
    const columns: number[] = [];
    for (let c = 0; c < m.columns; c++) if (used[c] === 1) columns.push(c);
    const count = Math.ceil(columns.length / longest);
    const cut = (i: number): number => Math.round((i * columns.length) / count);
    for (let i = 0; i < count; i++) pieces.push({ rows, columns: columns.slice(cut(i), cut(i + 1)) });
  }
  return pieces.sort((a, b) => b.columns.length - a.columns.length);
}
