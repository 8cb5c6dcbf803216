/** Words of the crossbar: every lane reads at most one bank, every bank is read at most once. */
import type { Layer } from '../contract/layer.ts';
import type { Banks } from './banks.ts';
import type { Piece } from './lanes.ts';
import { matchings } from './matchings.ts';

/** Word-major, as in `Schedule`; `place` counts the pieces of a lane. Rests have entry −1. */
export interface Words {
  readonly words: number;
  readonly entry: Int32Array<ArrayBuffer>;
  readonly bank: Uint8Array<ArrayBuffer>;
  readonly place: Uint16Array<ArrayBuffer>;
  readonly first: Uint8Array<ArrayBuffer>;
}

export function crossbarWords(layer: Layer, held: readonly (readonly Piece[])[], banks: Banks): Words {
  const lanes = held.length;
  const cells = cellsOf(layer, held, banks);
  const all = banks.kinds * banks.copies;
  const found = matchings(cells.count, lanes, all);
  const dead = held.map((pieces) => pieces.flatMap(({ from, to }, place) => (from === to ? [place] : [])));
  const busy = held.map((pieces) => pieces.reduce((sum, { from, to }) => sum + to - from, 0));
  const needed = Math.max(...dead.map((places, lane) => places.length + busy[lane]));
  const words = Math.max(
    found.reduce((sum, m) => sum + m.words, 0),
    needed,
  );

  const entry = new Int32Array(words * lanes).fill(-1);
  const bank = new Uint8Array(words * lanes);
  const place = new Uint16Array(words * lanes);
  const first = new Uint8Array(words * lanes);
  const begun = held.map((pieces) => new Uint8Array(pieces.length));
  const next = cells.start.slice();
  let w = 0;
  for (const { bank: bankOf, words: times } of found) {
    for (const end = w + times; w < end; w++) {
      for (let lane = 0; lane < lanes; lane++) {
        const cell = bankOf[lane] < all ? lane * all + bankOf[lane] : -1;
        if (cell < 0 || next[cell] === cells.start[cell + 1]) continue;
        const at = w * lanes + lane;
        const taken = next[cell]++;
        entry[at] = cells.entry[taken];
        bank[at] = bankOf[lane];
        place[at] = cells.place[taken];
        if (begun[lane][place[at]] === 1) continue;
        begun[lane][place[at]] = 1;
        first[at] = 1;
      }
    }
  }
  for (let lane = 0; lane < lanes; lane++) {
    let free = lane;
    for (const piece of dead[lane]) {
      while (entry[free] >= 0 || first[free] === 1) free += lanes;
      place[free] = piece;
      first[free] = 1;
    }
  }
  return { words, entry, bank, place, first };
}

/**
 * Entries and their places by lane and bank: those of cell i stand at `start[i]` up to, not including, `start[i +
 * 1]`.
 */
function cellsOf({ channels, weights: { column } }: Layer, held: readonly (readonly Piece[])[], banks: Banks) {
  const { kinds, copies, bank } = banks;
  const lanes = held.length;
  const all = kinds * copies;
  const seen = new Int32Array(lanes * kinds);
  eachEntry(held, (lane, _place, e) => seen[lane * kinds + bank[column[e] % channels]]++);

  const count = shares(seen, lanes, kinds, copies);
  const start = new Int32Array(lanes * all + 1);
  for (let cell = 0; cell < count.length; cell++) start[cell + 1] = start[cell] + count[cell];
  const end = start.slice();
  const entry = new Int32Array(start[start.length - 1]);
  const place = new Uint16Array(entry.length);
  eachEntry(held, (lane, piece, e) => {
    let cell = lane * all + bank[column[e] % channels];
    while (end[cell] === start[cell + 1]) cell += kinds;
    entry[end[cell]] = e;
    place[end[cell]++] = piece;
  });
  return { count, start, entry, place };
}

/** The reads of each bank over its copies, so that no copy has more than one read more than another. */
function shares(seen: Int32Array, lanes: number, kinds: number, copies: number): Int32Array<ArrayBuffer> {
  const all = kinds * copies;
  const count = new Int32Array(lanes * all);
  for (let kind = 0; kind < kinds; kind++) {
    let turn = 0;
    for (let lane = 0; lane < lanes; lane++) {
      const reads = seen[lane * kinds + kind];
      for (let copy = 0; copy < copies; copy++) count[lane * all + copy * kinds + kind] = Math.floor(reads / copies);
      for (let rest = reads % copies; rest > 0; rest--, turn = (turn + 1) % copies)
        count[lane * all + turn * kinds + kind]++;
    }
  }
  return count;
}

function eachEntry(
  held: readonly (readonly Piece[])[],
  visit: (lane: number, place: number, entry: number) => void,
): void {
  for (const [lane, pieces] of held.entries())
    for (const [place, { from, to }] of pieces.entries()) for (let e = from; e < to; e++) visit(lane, place, e);
}
