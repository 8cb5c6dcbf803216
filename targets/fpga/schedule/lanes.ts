/** Rows over lanes: whole ones longest first, and where that leaves a lane with more than its share, some in pieces. */
import type { Entries } from '../contract/layer.ts';
import { balance } from './balance.ts';

/**
 * Entries `from` up to, not including, `to` of a row, which one lane adds up. A row without entries is a piece
 * without any.
 */
export interface Piece {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

/** Words that a piece takes: one at least, to begin its sum. */
export const wordsOf = ({ from, to }: Piece): number => Math.max(1, to - from);

/** Words that pieces take one after the other. */
export const wordsIn = (pieces: readonly Piece[]): number => pieces.reduce((sum, p) => sum + wordsOf(p), 0);

/** The same for all rows, each whole. */
export function wordsOfRows({ pos, column }: Entries): number {
  let words = column.length;
  for (let r = 0; r + 1 < pos.length; r++) if (pos[r] === pos[r + 1]) words++;
  return words;
}

export const wholeRows = ({ pos }: Entries): readonly Piece[] =>
  Array.from({ length: pos.length - 1 }, (_, row) => ({ row, from: pos[row], to: pos[row + 1] }));

/** Words that a lane may have above its share, of a thousand, before rows are cut: pieces take places in its memory. */
const slack = 5;

/**
 * The pieces of each lane. `bound` are words that are needed in any case; no lane has noticeably more than that, or
 * than the mean. Cutting what one lane has too much of and giving it to one that has too little takes fewer cuts than
 * there are lanes.
 */
export function lanesFor(pieces: readonly Piece[], lanes: number, bound = 0): readonly (readonly Piece[])[] {
  const { bin } = balance(pieces.map(wordsOf), lanes);
  const held: Piece[][] = Array.from({ length: lanes }, () => []);
  for (const [i, piece] of pieces.entries()) held[bin[i]].push(piece);
  const goal = Math.max(bound, Math.ceil(wordsIn(pieces) / lanes));
  const loads = held.map(wordsIn);
  if (Math.max(...loads) <= goal + Math.floor((goal * slack) / 1000)) return held;
  for (;;) {
    const high = loads.indexOf(Math.max(...loads));
    const low = loads.indexOf(Math.min(...loads));
    const much = Math.min(loads[high] - goal, goal - loads[low]);
    if (much <= 0) return held;
    move(held[high], held[low], much);
    loads[high] = wordsIn(held[high]);
    loads[low] = wordsIn(held[low]);
  }
}

/** Moves at most `much` words: the end of the longest piece. */
function move(from: Piece[], to: Piece[], much: number): void {
  const at = from.reduce((best, p, i) => (wordsOf(p) > wordsOf(from[best]) ? i : best), 0);
  const piece = from[at];
  if (wordsOf(piece) <= much) {
    from.splice(at, 1);
    to.push(piece);
    return;
  }
  from[at] = { ...piece, to: piece.to - much };
  to.push({ ...piece, from: piece.to - much });
}
