/** What names stand for while a model is read. Lists and values that may be missing are gone when it has been read. */
import type { Value } from '../builder.ts';
import type { Scope } from '../scope.ts';
import type { Element } from './elements.ts';

/** A value with the element type that it has in the model: f32 and i32 stand for many. */
export interface Named {
  readonly value: Value;
  readonly element: Element;
}

/** A sequence of the standard: how many values it has is known, and which. */
export interface Listed {
  readonly items: readonly Named[];
}

/** An optional value of the standard that is not there. */
export interface Absent {
  readonly absent: true;
}

export const absent: Absent = { absent: true };

export type Bound = Named | Listed | Absent;

export const isNamed = (bound: Bound | undefined): bound is Named => bound !== undefined && 'value' in bound;
export const isListed = (bound: Bound | undefined): bound is Listed => bound !== undefined && 'items' in bound;

/** What it is, for messages. */
export function describe(bound: Bound | undefined): string {
  if (isNamed(bound)) return 'a tensor';
  return isListed(bound) ? 'a sequence' : 'nothing';
}

/** The operand, which must be a tensor. */
export function tensorIn(scope: Scope, operands: readonly (Bound | undefined)[], index: number): Named | undefined {
  const operand = operands[index];
  if (isNamed(operand)) return operand;
  scope.fail(`takes a tensor as input ${index + 1} and is given ${describe(operand)}`);
  return undefined;
}

/** The operand, which must be a sequence. */
export function sequenceIn(scope: Scope, operands: readonly (Bound | undefined)[], index: number): readonly Named[] {
  const operand = operands[index];
  if (isListed(operand)) return operand.items;
  scope.fail(`takes a sequence as input ${index + 1} and is given ${describe(operand)}`);
  return [];
}
