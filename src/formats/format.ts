/**
 * The contract of a storage format. A format is one file that exports one of these;
 * `formats/index.ts` lists them. Outside a target's hand-tuned kernels, nothing may
 * mention a format by name.
 *
 * Laws, checked for every listed format by test/formats.test.ts:
 *   1. unpack(pack(m, p), p) has m's values, bit for bit where m is live and 0 elsewhere, for every p that fits m
 *   2. cost(m, p).bytes is what pack(m, p) takes
 *   3. walking a row visits every live entry, no column twice, and pads only with zeros; the order is the format's own,
 *      and an operator must not depend on it beyond rounding
 *   4. parameters that do not fit come with a reason that names the first group that breaks the pattern
 *   5. the parts that hold weights have as many elements together as cost(m, p).multiplies
 *
 * A format stores weights as f32. `codes.ts` puts codes of a few bits in their place, for every format that names its
 * parts of weights: the parameters of a code stand beside those of the format.
 */
import type { Arr, Expr, Stmt } from '../loop/loop.ts';
import type { Matrix } from '../tensor/matrix.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Params } from '../tensor/type.ts';

export interface Format<P extends Params = Params, Part extends string = string> {
  readonly name: string;
  readonly doc: string;

  /** The parts that hold weights, as f32. Absent where weights are not stored as they are. */
  readonly values?: readonly Part[];

  /** How many elements each of `values` has, where these are several. */
  share?(m: Matrix, params: P): readonly number[];

  /** Which parameters worth pricing fit `m`, and why the others do not. */
  detect(m: Matrix): Detection<P>;

  /**
   * Why weights of these sizes are not stored with `params`, whatever they are, as the rest of a sentence. Asked for
   * every layer of a graph, and absent where parameters hold for any sizes.
   */
  fault?(sizes: Omit<Matrix, 'data' | 'mask'>, params: P): string | undefined;

  /** What storing `m` and multiplying it by one vector takes. */
  cost(m: Matrix, params: P): Cost;

  pack(m: Matrix, params: P): Packed<Part>;
  unpack(packed: Packed<Part>, params: P): Matrix;

  /** Loops over the stored entries of `row`, with `visit` as the body. Zeros may be visited. */
  walk(at: Place<Part>, params: P, row: Expr, visit: Visit): readonly Stmt[];
}

export interface Detection<P extends Params = Params> {
  readonly fits: readonly P[];
  readonly refused: readonly Refusal<P>[];
  /** That the weights were made for this format because somebody asked for it: it is taken whatever others cost. */
  readonly asked?: true;
}

/** Why `params` cannot hold a matrix, as the rest of a sentence: `row 3 has 3 nonzeros in columns 8..11`. */
export interface Refusal<P extends Params = Params> {
  readonly params: P;
  readonly reason: string;
}

/** `column` is the entry's column in the matrix, an i32; `value` its weight, an f32, or an i32 where weights are whole. */
export type Visit = (column: Expr, value: Expr) => readonly Stmt[];

/** A matrix as stored: its sizes, and one array for each part of the format. */
export interface Packed<Part extends string = string> {
  readonly rows: number;
  readonly columns: number;
  readonly run: number;
  readonly parts: Readonly<Record<Part, Numbers>>;
}

export interface Place<Part extends string = string> {
  readonly rows: number;
  readonly columns: number;
  readonly run: number;
  readonly parts: Readonly<Record<Part, Arr>>;
}

/** What a target prices. Numbers of one product with one vector. */
export interface Cost {
  /** Of every part together. */
  readonly bytes: number;
  /** Entries multiplied, padding included. */
  readonly multiplies: number;
  /** Entries, or blocks of them, whose place or value must be looked up: 0 where both are known beforehand. */
  readonly lookups: number;
  /** Bits tested to find the entries: 0 where the entries say themselves where they are. */
  readonly tests: number;
}
