/**
 * Residual sums: a value of the result's shape that a layer adds to its sums before the activation, the last of its
 * operands. It joins when a sum starts, with the bias: where sums come in parts that meet in the result, the first adds it.
 */
import type { Shape } from '../tensor/type.ts';
import { sameShape } from '../tensor/type.ts';
import type { Check } from './check.ts';
import { printSizes } from './check.ts';
import type { Types } from './rules.ts';

interface Summed {
  readonly residual?: true;
}

/** Absent where there is none, so that there is one way to say so. */
export const hasResidual: Check = {
  what: 'true or nothing',
  holds: (value) => value === undefined || value === true,
};

export const withResidual = ({ residual }: Summed, operands: readonly string[]): readonly string[] =>
  residual ? [...operands, 'residual'] : operands;

/** Why the residual does not go with a result of this shape, if it does not. */
export const residualFault = (shape: Shape, { residual }: Types): string | undefined =>
  residual && !sameShape(residual.shape, shape)
    ? `gives ${printSizes(shape)} and cannot add ${printSizes(residual.shape)}`
    : undefined;
