/**
 * The contract of pruning patterns. A pattern is one file that exports one of these; `prune/index.ts` lists them.
 *
 * Laws, checked for every listed pattern by test/prune.test.ts:
 *   1. a mask has a 1 for every weight that is kept and a 0 for every other, and what is kept has the pattern's shape
 *   2. the same matrix and parameters give the same mask: of equal scores the lower index is kept
 *   3. a mask keeps something, and never less magnitude than cutting the same units at random does on average
 */
import type { Matrix } from '../tensor/matrix.ts';

export interface Pattern {
  readonly name: string;
  readonly doc: string;
  /** As people write it: `block:4x1:0.9`. */
  readonly example: string;
  /** What stands after the name, between colons → what prunes; or what is wrong with it, the rest of a sentence. */
  parse(parts: readonly string[]): Pruner | string;
}

/** A pattern with its parameters. */
export type Pruner = FixedPruner | RankedPruner;

/** Layers that may be left as they are for what they are. */
export const exemptions = ['first', 'last', 'depthwise'] as const;

export type Exemption = (typeof exemptions)[number];

/** What is left as it is unless somebody says otherwise: few weights, on which much depends. */
export const usuallyExempt: readonly Exemption[] = ['first', 'depthwise'];

interface Common {
  /** In place of what usually is. */
  readonly exempt?: readonly Exemption[];
  /** Why weights cannot have the pattern, as the rest of a sentence: `has kernels of 1 tap, …`. */
  refuse(m: Matrix): string | undefined;
}

/** The pattern itself says how much is kept. */
export interface FixedPruner extends Common {
  readonly kind: 'fixed';
  keep(m: Matrix): Mask;
}

/** Units, each kept or cut as a whole, are ranked by magnitude. */
export interface RankedPruner extends Common {
  readonly kind: 'ranked';
  /** The share of what could be kept that is to be cut: 0 to less than 1. */
  readonly ratio: number;
  /** How many weights are kept where no unit is cut. */
  most(m: Matrix): number;
  /** What is ranked. */
  units(m: Matrix): Units;
  /** The best mask of about `budget` weights. */
  keep(m: Matrix, budget: number): Mask;
}

/** Things to rank, in the order that decides between equals. */
export interface Units {
  /** One each, 0 or more, per weight: units of different sizes, and of different layers, can be compared. */
  readonly scores: Float32Array<ArrayBuffer>;
  /** How many weights each unit has: one number where they all have the same. */
  readonly sizes: Uint32Array<ArrayBuffer> | number;
}

/** 1 for each weight that is kept, row by row. */
export type Mask = Uint8Array<ArrayBuffer>;
