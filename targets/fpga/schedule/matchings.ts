/**
 * Counts of lanes × banks as matchings, each held for some words: what is to be read, in as few words as the fullest
 * lane or bank has reads.
 *
 * Counts are filled up until every row and column of a square has the same sum D. It then has a perfect matching
 * wherever one is left (Hall), so taking matchings out, each as often as its smallest count, ends after D words in
 * all (König; Birkhoff and von Neumann). A matching that has lost edges is mended along augmenting paths instead of
 * being looked for again.
 */
import { bug } from '../../../src/diagnostic.ts';

/** Each lane reads its bank, for `words` words; a bank of `banks` or more is none. */
export interface Matching {
  readonly bank: Int32Array<ArrayBuffer>;
  readonly words: number;
}

/** `counts` is lanes × banks. */
export function matchings(counts: Int32Array, lanes: number, banks: number): readonly Matching[] {
  const size = Math.max(lanes, banks);
  const { left, degree } = regular(counts, lanes, banks, size);
  const bankOf = new Int32Array(size).fill(-1);
  const laneOf = new Int32Array(size).fill(-1);
  const seen = new Uint8Array(size);

  const augment = (lane: number): boolean => {
    for (let bank = 0; bank < size; bank++) {
      if (left[lane * size + bank] === 0 || seen[bank] === 1) continue;
      seen[bank] = 1;
      if (laneOf[bank] >= 0 && !augment(laneOf[bank])) continue;
      laneOf[bank] = lane;
      bankOf[lane] = bank;
      return true;
    }
    return false;
  };

  const out: Matching[] = [];
  for (let rest = degree; rest > 0; ) {
    for (let lane = 0; lane < size; lane++) {
      if (bankOf[lane] >= 0) continue;
      seen.fill(0);
      if (!augment(lane)) bug(`lane ${lane} finds no bank with ${rest} words to go`);
    }
    let words = rest;
    for (let lane = 0; lane < size; lane++) words = Math.min(words, left[lane * size + bankOf[lane]]);
    out.push({ bank: bankOf.slice(0, lanes), words });
    rest -= words;
    for (let lane = 0; lane < size; lane++) {
      const at = lane * size + bankOf[lane];
      left[at] -= words;
      if (left[at] > 0) continue;
      laneOf[bankOf[lane]] = -1;
      bankOf[lane] = -1;
    }
  }
  return out;
}

/** A square with the counts in it, filled so that all sums are the largest. */
function regular(counts: Int32Array, lanes: number, banks: number, size: number) {
  const left = new Int32Array(size * size);
  const across = new Int32Array(size);
  const down = new Int32Array(size);
  for (let lane = 0; lane < lanes; lane++) {
    for (let bank = 0; bank < banks; bank++) {
      const count = counts[lane * banks + bank];
      left[lane * size + bank] = count;
      across[lane] += count;
      down[bank] += count;
    }
  }
  const degree = Math.max(...across, ...down);
  for (let lane = 0, bank = 0; lane < size && bank < size; ) {
    const fill = Math.min(degree - across[lane], degree - down[bank]);
    left[lane * size + bank] += fill;
    across[lane] += fill;
    down[bank] += fill;
    if (across[lane] === degree) lane++;
    else bank++;
  }
  return { left, degree };
}
