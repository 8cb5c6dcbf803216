import type { Conv2d } from './conv2d.ts';
import { conv2d } from './conv2d.ts';
import type { Binary, Unary } from './elementwise.ts';
import { binary, unary } from './elementwise.ts';
import type { Relayout } from './relayout.ts';
import { relayout } from './relayout.ts';
import type { Reshape } from './reshape.ts';
import { reshape } from './reshape.ts';
import type { Rules } from './rules.ts';

/** Closed: a new operator must be handled everywhere, and `tsc` says where. */
export type Op = Binary | Conv2d | Relayout | Reshape | Unary;

export type Kind = Op['kind'];

/** Attributes are plain data, so that every operator prints, parses and compares without knowing it. */
export type Attribute = number | string | boolean | readonly number[];

export const rules: { readonly [K in Kind]: Rules<Extract<Op, { readonly kind: K }>> } = {
  binary,
  conv2d,
  relayout,
  reshape,
  unary,
};

/** TypeScript cannot follow the correlation between `op` and its row, hence the one cast. */
export const rulesOf = (op: Op): Rules<Op> => rules[op.kind] as unknown as Rules<Op>;
