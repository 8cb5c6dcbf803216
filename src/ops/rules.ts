/** The contract of an operator: one file with its attributes, its shape rule, its meaning and its loops. */
import type { Visit } from '../formats/format.ts';
import type { Arr, Expr, Stmt } from '../loop/loop.ts';
import type { Plane } from '../tensor/matrix.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { TensorType } from '../tensor/type.ts';

/**
 * Laws, checked for every operator by test/ops.test.ts and the files beside it:
 *   1. running `lower`'s loops gives what `evaluate` gives, for every layout of every operand and of the result,
 *      and for every format of the weights
 *   2. `infer` says why, instead of throwing, for every shape that does not fit
 */
export interface Rules<O> {
  readonly doc: string;

  /** Names of the operands, in order. */
  operands(op: O): readonly string[];

  /** The plain result type, or why there is none (the rest of the sentence "`linear` …"). Layouts are no concern of it. */
  infer(op: O, types: Types): TensorType | string;

  /** The meaning on plain dense data: obvious before fast, sums in double precision, and the oracle for everything else. */
  evaluate(op: O, values: Readonly<Record<string, Value>>, type: TensorType): Numbers;

  /** For an operator whose operand `weights` a format may store: the columns of one row, and how many are neighbours. */
  columns?(op: O, weights: TensorType): { readonly columns: number; readonly run: number };

  /** Where in its input such an operator reads, if that can be told as offsets. */
  plane?(op: O, types: Types): Plane | undefined;

  /** Multiply-adds of one run with dense weights. Absent where there are none worth counting. */
  macs?(op: O, types: Types, result: TensorType): number;

  /** The loops. Weights are read only through `walk`, so any format will do; elements only through `at`, so any layout will. */
  lower(op: O, site: Site): readonly Stmt[];
}

export type Types = Readonly<Record<string, TensorType>>;

/** Plain data of a type: `data.length` is the product of the shape. */
export interface Value {
  readonly type: TensorType;
  readonly data: Numbers;
}

export interface Site {
  readonly types: Types;
  readonly arrays: Readonly<Record<string, Arr>>;
  readonly result: { readonly type: TensorType; readonly array: Arr };
  /** Visits the stored entries of one row of the operand named `weights`. */
  walk(row: Expr, visit: Visit): readonly Stmt[];
}
