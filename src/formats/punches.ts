/** Which taps the kernels of a block of filters and channels share, and which sizes of block suit a layer. */
import type { Matrix } from '../tensor/matrix.ts';
import { countBlocks, firstGap, mostPadding, range } from './blocks.ts';
import type { Detection, Refusal } from './format.ts';
import type { LiveBits } from './livebits.ts';
import { gatherBand, liveBits, windowOf } from './livebits.ts';

/** Filters, 1 to 32, and channels, 1 to 64, of a block. */
export type Punched = { readonly f: number; readonly c: number };

/** Taps of one word of a block's mask. */
export const wordBits = 16;

export const tapsOf = ({ columns, run }: Pick<Matrix, 'columns' | 'run'>): number => columns / run;

export const wordsPerBlock = (m: Pick<Matrix, 'columns' | 'run'>): number => Math.ceil(tapsOf(m) / wordBits);

/** A block that holds anything: its first channel and its taps, ascending. */
export interface Taps {
  readonly first: number;
  readonly taps: readonly number[];
}

/** Calls `visit` with the blocks of each band of filters; those with the same taps stand together, in the order of the first of them. */
export function eachPunched(
  m: Matrix,
  { f, c }: Punched,
  visit: (band: number, blocks: readonly Taps[]) => void,
): void {
  const bits = liveBits(m);
  const words = new Int32Array(bits.wordsPerRow);
  for (let row = 0, band = 0; row < m.rows; row += f, band++) {
    gatherBand(bits, row, Math.min(f, m.rows - row), words);
    const alike = new Map<string, Taps[]>();
    for (let first = 0; first < m.run; first += c) {
      const taps: number[] = [];
      for (let tap = 0; tap < tapsOf(m); tap++) if (isTap(bits, words, tap, first, c)) taps.push(tap);
      if (taps.length === 0) continue;
      const key = taps.join();
      const known = alike.get(key);
      if (known) known.push({ first, taps });
      else alike.set(key, [{ first, taps }]);
    }
    visit(band, [...alike.values()].flat());
  }
}

/** Whether any of `c` channels from `first` on has an entry at a tap. */
function isTap({ run, wordsPerRun }: LiveBits, band: Int32Array, tap: number, first: number, c: number): boolean {
  const last = Math.min(first + c, run);
  for (let k = first; k < last; k += wordBits)
    if (windowOf(band, tap * wordsPerRun, wordsPerRun, k, Math.min(wordBits, last - k)) !== 0) return true;
  return false;
}

export function countPunched(m: Matrix, { f, c }: Punched): { readonly blocks: number; readonly taps: number } {
  const bits = liveBits(m);
  const words = new Int32Array(bits.wordsPerRow);
  let [blocks, taps] = [0, 0];
  for (let row = 0; row < m.rows; row += f) {
    gatherBand(bits, row, Math.min(f, m.rows - row), words);
    for (let first = 0; first < m.run; first += c) {
      let count = 0;
      for (let tap = 0; tap < tapsOf(m); tap++) count += isTap(bits, words, tap, first, c) ? 1 : 0;
      if (count > 0) blocks++;
      taps += count;
    }
  }
  return { blocks, taps };
}

const heights = [32, 16, 8, 4];
const widths = [64, 32, 16, 8, 4, 2, 1];

/**
 * The largest block whose kernels share their taps. Fours of filters may lack a weight that happens to be zero; what is
 * larger is of fours that agree in every tap. Twice as many filters, or channels, are refused.
 */
export function detectPunched(m: Matrix): Detection<Punched> {
  const none = (f: number, c: number, reason: string) => ({ fits: [], refused: [{ params: { f, c }, reason }] });
  if (tapsOf(m) === 1) return none(8, 4, 'has 1 tap, and blocks share several');
  if (m.rows < 4) return none(4, 1, `has ${m.rows} filters, and a block takes 4`);
  const weights = liveBits(m).live;
  const fours = countBlocks(m, { r: 4, c: 1 }) * 4;
  if (fours > mostPadding * weights)
    return none(4, 1, `takes ${fours} entries for ${weights} weights: ${firstGap(m, { r: 4, c: 1 })}`);
  const bands = bandsOfFour(m);
  const edges = edgesAcross(m, bands);
  const f = heights.find((h) => h <= m.rows && !differentBands(bands, h)) ?? 4;
  const c = widths.find((w) => w <= m.run && !edges.some((word, at) => word & inside(w, at))) ?? 1;
  const best = heights
    .flatMap((height) => widths.map((width) => ({ f: height, c: width })))
    .find((p) => {
      const entries = p.f <= f && p.c <= c ? countPunched(m, p).taps * p.f * p.c : Infinity;
      return entries <= mostPadding * weights && (weights === 0 || entries < m.data.length);
    });
  if (!best) return none(4, 1, `takes ${fours} entries, and the whole matrix has ${m.data.length}`);
  return { fits: [best], refused: [...higher(m, bands, { f, c }), ...wider(m, bands, { f, c })] };
}

/** The columns of every four filters. */
function bandsOfFour(m: Matrix): readonly Int32Array[] {
  const bits = liveBits(m);
  return Array.from({ length: Math.ceil(m.rows / 4) }, (_, band) => {
    const words = new Int32Array(bits.wordsPerRow);
    gatherBand(bits, band * 4, Math.min(4, m.rows - band * 4), words);
    return words;
  });
}

interface Differing {
  /** Fours of filters, and the word of a row and the bit where they differ. */
  readonly one: number;
  readonly other: number;
  readonly word: number;
  readonly bit: number;
}

/** The first two neighbouring fours inside a block of `height` filters that do not keep the same. */
function differentBands(bands: readonly Int32Array[], height: number): Differing | undefined {
  for (let other = 1; other < bands.length; other++) {
    if ((other * 4) % height === 0) continue;
    const word = bands[other].findIndex((bits, w) => bits !== bands[other - 1][w]);
    if (word < 0) continue;
    return { one: other - 1, other, word, bit: lowest(bands[other][word] ^ bands[other - 1][word]) };
  }
  return undefined;
}

const lowest = (word: number): number => 31 - Math.clz32(word & -word);

/** A bit for each channel whose kernels differ from those of the channel before, at any tap of any band: words of a run. */
function edgesAcross({ run }: Matrix, bands: readonly Int32Array[]): Int32Array {
  const perRun = Math.ceil(run / 32);
  const edges = new Int32Array(perRun);
  for (const band of bands)
    for (let w = 0, inRun = 0; w < band.length; w++) {
      const before = inRun === 0 ? band[w] & 1 : band[w - 1] >>> 31;
      edges[inRun] |= (band[w] ^ ((band[w] << 1) | before)) & bitsOfRun(run, inRun);
      inRun = inRun + 1 === perRun ? 0 : inRun + 1;
    }
  return edges;
}

const bitsOfRun = (run: number, word: number): number => (run - word * 32 < 32 ? (1 << (run - word * 32)) - 1 : -1);

/** The bits of a run's word at which no block of `width` channels begins. */
function inside(width: number, word: number): number {
  if (width >= 32) return (word * 32) % width === 0 ? ~1 : -1;
  let starts = 0;
  for (let bit = 0; bit < 32; bit += width) starts |= 1 << bit;
  return ~starts;
}

/** Why not twice as many filters. */
function higher(m: Matrix, bands: readonly Int32Array[], { f, c }: Punched): readonly Refusal<Punched>[] {
  const found = 2 * f <= Math.min(heights[0], m.rows) ? differentBands(bands, 2 * f) : undefined;
  if (!found) return [];
  const { tap, channel } = placeOf(m, found);
  const first = channel - (channel % c);
  const [one, other] = [found.one * 4 - ((found.one * 4) % f), found.other * 4];
  const reason = `${range('filter', one, f)} and ${range('filter', other, f)} differ at tap ${tap} of ${range('channel', first, c)}`;
  return [{ params: { f: 2 * f, c }, reason }];
}

/** Why not twice as many channels. */
function wider(m: Matrix, bands: readonly Int32Array[], { f, c }: Punched): readonly Refusal<Punched>[] {
  if (2 * c > Math.min(widths[0], m.run)) return [];
  for (const [band, words] of bands.entries()) {
    const perRun = Math.ceil(m.run / 32);
    for (let w = 0; w < words.length; w++) {
      const before = w % perRun === 0 ? words[w] & 1 : words[w - 1] >>> 31;
      const edges = (words[w] ^ ((words[w] << 1) | before)) & bitsOfRun(m.run, w % perRun) & inside(2 * c, w % perRun);
      if (edges === 0) continue;
      const { tap, channel } = placeOf(m, { word: w, bit: lowest(edges) });
      const row = band * 4 - ((band * 4) % f);
      const reason = `${range('channel', channel - c, c)} and ${range('channel', channel, c)} differ at tap ${tap} of ${range('filter', row, f)}`;
      return [{ params: { f, c: 2 * c }, reason }];
    }
  }
  return [];
}

function placeOf({ run }: Matrix, { word, bit }: Pick<Differing, 'word' | 'bit'>) {
  const perRun = Math.ceil(run / 32);
  return { tap: Math.floor(word / perRun), channel: (word % perRun) * 32 + bit };
}
