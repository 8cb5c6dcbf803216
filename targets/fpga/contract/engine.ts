/**
 * The contract of engines: how a layer becomes hardware, as plain data that C++ and Verilog are both printed from.
 *
 * An engine says which layers it fits and with how many lanes, and plans one. Engines differ in how they find a
 * schedule; what runs it is one datapath with a few choices (`ScheduledPlan`), but for the one that has a multiplier
 * for every weight (`UnrolledPlan`).
 *
 * Laws, for every engine, layer that it fits, and folding:
 *   replay(plan, layer, x) = the sums without bias that `evaluate` gives, for every x
 *   every entry of the layer is multiplied once; `first` is set once for each piece of a row, at its first word
 *   a cycle model that steps through the plan takes `cyclesPerImage`, and no bank is read twice in a cycle
 */
import type { Layer } from './layer.ts';
import type { Rom } from './rom.ts';

export interface Engine {
  readonly name: string;
  readonly doc: string;
  /** Why it does not take the layer, if it does not: the rest of a sentence. */
  fits(layer: Layer): string | undefined;
  /** Multipliers that it may have for the layer, fewest first. */
  foldings(layer: Layer): readonly number[];
  /** What a plan will come to: quick, and close. */
  outline(layer: Layer, folding: number): Estimate;
  plan(layer: Layer, folding: number): EnginePlan;
}

export interface Estimate {
  readonly cycles: number;
  readonly words: number;
  readonly clusters: number;
  readonly area: Area;
  /** The schedule's table, and how many bits of it are read in a cycle. */
  readonly table: Pick<Rom, 'depth' | 'width' | 'storage'> & { readonly perCycle: number };
}

export type EnginePlan = ScheduledPlan | UnrolledPlan;

interface Common {
  /** The engine's name. */
  readonly engine: string;
  /**
   * scheduled   `schedule` [words]: value, select, row, first, offset, as in `Schedule`, 0 bits where nothing varies
   *             `drain` [entries]: lane, place, last, bias, multiplier, shift (those of the entry's row)
   *             `write` [channels]: bank, slot
   * unrolled    `ending` [rows]: bias, multiplier, shift
   */
  readonly roms: readonly Rom[];
  /** From the first value taken to the last one given, when inputs always wait and outputs are always taken. */
  readonly cyclesPerImage: number;
  readonly area: Area;
  /**
   * Streams carry pixels in raster order, without padding, channels 0, 1, ... of each, `in` and `out` of them a beat,
   * the first in the lowest bits. An engine's bits are the layer's `inputBits`; those of its result are `outBits`.
   */
  readonly beat: { readonly in: number; readonly out: number };
  readonly outBits: number;
}

/**
 * P lanes, each with one multiplier, read B banks of a ring of pixels. A word of the schedule says what every lane
 * does for one entry; it is held for Q cycles, q = 0..Q−1, in each of which it is applied to the next output pixel of
 * a group. Cluster g of G repeats all lanes and the ring (never the schedule) for pixels Q further right. One group
 * is the G·Q output pixels x0 = j·G·Q .. of one output row; those past the row's end are computed and not given.
 *
 * In one cycle, for word w, slot q and cluster g, where `base` is the address of pixel (y·strideY, (x0 + g·Q + q)·strideX)
 * of the padded input:
 *   o[b] = bank_g[b][(base + offset[w][b]) mod ring.depth]    offset[w][0] for every b where offsets are shared
 *   x[p] = o[select[w][p]] with a crossbar; o[floor(p·B / P)] where direct: its own, or all lanes the same
 *   m[p] = x[p] · value[w][p]
 *   s[a] = sum of m[p] over the P/A lanes p = a·P/A ..        A = P: its own lane's; A = 1: a tree over all lanes
 *   acc[half][a][row[w][a]][q] = (first[w][a] ? 0 : acc[half][a][row[w][a]][q]) + s[a]
 * `half` alternates from group to group where `halves` is 2, so that one is drained while the other fills: two
 * memories, each of which is read at one place and written at one, by compute or by the drain.
 *
 *   feedback memory    acc is read and written back 3 cycles later (`hazard`): Q >= 4, and the same place never comes sooner
 *   feedback register  Q = 1: the sum stays in one register for each accumulator, (first ? 0 : register) + s, and is
 *                      also written to acc[half][a][row] in each word; the last one written is the row's, since a lane
 *                      ends a row before it begins another
 *
 * A lane that rests has value 0, select 0, row 0 and first 0 (with register feedback: the row at hand), and adds 0 to
 * what is there.
 *
 * Time, in cycles, is that of three machines side by side:
 *   loader   one beat a cycle, raster order, from (−padTop, −padLeft); a pixel of padding takes `ring.slots` cycles,
 *            each of which writes zeros in all banks. Pixel n may be written while
 *            n < (first pixel of the group at hand) + ring.pixels
 *   compute  group after group, Q·words cycles each; starts when its last pixel is there and its half was drained
 *   drain    entry after entry for each pixel that is given, `latency` cycles after the group's last word at the earliest
 */
export interface ScheduledPlan extends Common {
  readonly kind: 'scheduled';
  /** P. */
  readonly lanes: number;
  /** B. */
  readonly banks: number;
  /** A: P or 1. */
  readonly accumulators: number;
  /** G. */
  readonly clusters: number;
  /**
   * Q: 1, or 4 and more. Places of the accumulator are (half, row, q) as bit fields, q the lowest, in ceil(log2 Q)
   * bits.
   */
  readonly slots: number;
  readonly halves: 1 | 2;
  readonly read: 'crossbar' | 'direct';
  readonly offsets: 'each' | 'shared';
  /** `shared`: all accumulators have the same row and first, and the schedule has them once a word. */
  readonly rows: 'each' | 'shared';
  readonly feedback: 'memory' | 'register';
  /**
   * `rebuilt`: the value of a lane is a SmartDeal code's, put together in front of the multiplier; `schedule.value`
   * has what comes out.
   */
  readonly values: 'stored' | 'rebuilt';
  /** What values are rebuilt from, by shifts and additions alone; products too are sums of shifted values. */
  readonly rebuilt?: Rebuilt;
  /** Words of the schedule: cycles that Q pixels of each cluster take, divided by Q. */
  readonly words: number;
  /** Rows that one accumulator holds at most. */
  readonly rowsPerLane: number;
  readonly schedule: Schedule;
  readonly ring: Ring;
  readonly drain: Drain;
  /** Cycles from the last word of a group being read to its sums being in the accumulator. */
  readonly latency: number;
}

/**
 * Of a plan whose values are rebuilt. Words come in threes, for weights 0, 1 and 2 of a row of three, which all lanes
 * have in the same place: word w has weight w mod 3 made of the codes of row floor(w / 3), and of the basis that
 * `bases` has at `basis[w]`:
 *   value[p] = live[w] · ((c0 · basis[0][w mod 3] + c1 · basis[1][w mod 3] + c2 · basis[2][w mod 3]) << shift)
 * with the coefficients, basis and shift of lane p, as `Decomposition` says.
 * The table `schedule` has row, first, offset, basis and live; `codes` [words / 3] has three codes of 4 bits for each
 * lane, and `bases` nine numbers of 8 bits for each lane (row by row), then a shift for each.
 */
export interface Rebuilt {
  /** words: where in `bases`. */
  readonly basis: Uint16Array<ArrayBuffer>;
  /** words: 0 where a row of three goes past the last weight. */
  readonly live: Uint8Array<ArrayBuffer>;
  /** words / 3 × P × 3. */
  readonly codes: Uint8Array<ArrayBuffer>;
  /** count × P × 9. */
  readonly bases: Int8Array<ArrayBuffer>;
  /** count × P. */
  readonly shifts: Uint8Array<ArrayBuffer>;
}

/** Word-major: what word w says of lane p stands at w·P + p. */
export interface Schedule {
  /** words × P, signed, in the layer's `weightBits`. */
  readonly value: Int16Array<ArrayBuffer>;
  /** words × P: a bank. Where reading is direct all 0, and not in the table. */
  readonly select: Uint8Array<ArrayBuffer>;
  /** words × A, or words × 1 where shared: a place among the accumulator's rows. */
  readonly row: Uint16Array<ArrayBuffer>;
  /** words × A, or words × 1 where shared: 1 where the sum begins anew. */
  readonly first: Uint8Array<ArrayBuffer>;
  /** words × B, or words × 1 where shared: below `ring.depth`. */
  readonly offset: Uint16Array<ArrayBuffer>;
  /** words × P: the entry of the layer that is multiplied, −1 for none. Not printed: what tests and reports go by. */
  readonly entry: Int32Array<ArrayBuffer>;
}

/**
 * Pixels of the padded image in raster order, in B banks of `depth` words: `copies` times B / copies banks, which
 * hold the same. Channel c of pixel n = y·pitch + x (padded coordinates) is written to the banks bank[c] + i·B /
 * copies, at (n·slots + slot[c]) mod depth. The entry of tap (ky, kx) and channel c thus has the offset
 * ((ky·dilationY)·pitch + kx·dilationX)·slots + slot[c] in all of them, and the next output pixel of a row is
 * strideX·slots further.
 */
export interface Ring {
  /** Words of a bank: a power of two, at most 2^16. */
  readonly depth: number;
  /** Words of a bank that one pixel takes. */
  readonly slots: number;
  /** Pixels that it holds: floor(depth / slots). */
  readonly pixels: number;
  /** Pixels from one row of the padded image to the next: width + left + right. */
  readonly pitch: number;
  /** Bits of a word. */
  readonly bits: number;
  /** More than one where there are more lanes than channels, or lanes that read by themselves. */
  readonly copies: number;
  /** Of each channel: below B / copies. */
  readonly bank: Uint8Array<ArrayBuffer>;
  readonly slot: Uint16Array<ArrayBuffer>;
}

/**
 * The order in which sums leave: for each given pixel of a group, left to right, these entries in order. Pieces of
 * one row are neighbours, rows rise, every row has one at least. A row's sum is bias[row] + its pieces; behind the
 * one with `last` the layer's ending follows, and the value goes out.
 */
export interface Drain {
  /** The accumulator. */
  readonly lane: Uint8Array<ArrayBuffer>;
  /** The place among its rows. */
  readonly place: Uint16Array<ArrayBuffer>;
  readonly row: Int32Array<ArrayBuffer>;
  readonly last: Uint8Array<ArrayBuffer>;
}

/**
 * Every product of a pixel in one cycle: adders and shifts alone, each with a register behind it. A window of taps ×
 * channels is loaded value by value, a pixel of padding in one cycle; when its last pixel is there, the adders take
 * it, and `levels` + 1 cycles later all rows' sums stand in registers, from which they leave one after the other, row
 * 0 first, with bias and ending. A window may move on once it was taken.
 */
export interface UnrolledPlan extends Common {
  readonly kind: 'unrolled';
  /** In an order in which each comes after what it adds. */
  readonly adders: readonly Adder[];
  /** What each row gives: an adder or column, or nothing. */
  readonly results: readonly (Term | undefined)[];
  /** Adders on the longest way, which is the latency. Terms that come sooner wait in registers. */
  readonly levels: number;
}

/** left + right, in so many signed bits. */
export interface Adder {
  readonly left: Term;
  readonly right: Term;
  readonly bits: number;
  /** 1 + the higher of its terms'; columns are at 0. */
  readonly level: number;
}

/** ± (column or adder `of`) · 2^shift. */
export interface Term {
  readonly from: 'column' | 'adder';
  readonly of: number;
  readonly shift: number;
  readonly negative: boolean;
}

/** What of a part is used. `bram18` are blocks of 18 kbit, `lutram` those of `lut` that are memory. */
export interface Area {
  readonly dsp: number;
  readonly lut: number;
  readonly ff: number;
  readonly bram18: number;
  readonly uram: number;
  readonly lutram: number;
}

/**
 * Cycles between reading a place of the accumulator and its new sum being there: Q may not be less, but for register
 * feedback.
 */
export const hazard = 3;
