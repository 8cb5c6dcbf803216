/** How the weighted operators end: a bias for each output, then an activation. */
import { bug } from '../diagnostic.ts';
import type { Arr, Expr } from '../loop/loop.ts';
import { load } from '../loop/loop.ts';
import type { Check } from './check.ts';
import { oneOf, printSizes, productFault } from './check.ts';
import type { Types, Value } from './rules.ts';
import type { Activation, UnaryName } from './scalar.ts';
import { binaryFunctions, lowerActivation, unaryFunction, unaryFunctions } from './scalar.ts';

interface Activated {
  readonly activation: Activation;
}

/** `slope` is there for the activation `prelu` only: one for each output, or one for all. */
export const weightedOperands = ({ activation }: Activated): readonly string[] =>
  activation === 'prelu' ? ['x', 'weights', 'bias', 'slope'] : ['x', 'weights', 'bias'];

/** Every function that gives numbers. */
export const activations: Check = oneOf(
  'none',
  'prelu',
  ...(Object.keys(unaryFunctions) as readonly UnaryName[]).filter((fn) => !unaryFunction(fn).test),
);

/** Why operands and activation do not go together: all are f32, or all i32 with an activation that has a meaning there. */
export const layerFault = ({ activation }: Activated, types: Types): string | undefined =>
  types.x.dtype === 'i32' && activation !== 'none' && activation !== 'relu'
    ? `takes "none" or "relu" as "activation" of i32 and is given "${activation}"`
    : productFault(types);

/** Why slope and bias do not fit `o` outputs, if they do not. */
export function epilogueFault(o: number, { bias, slope }: Types): string | undefined {
  if (bias.shape.length !== 1 || bias.shape[0] !== o)
    return `has ${o} outputs and a bias of shape ${printSizes(bias.shape)}`;
  if (slope && (slope.shape.length !== 1 || (slope.shape[0] !== o && slope.shape[0] !== 1)))
    return `has ${o} outputs and slopes of shape ${printSizes(slope.shape)}`;
  return undefined;
}

/** What becomes of the sum for output `c`, its bias already in it. */
export function epilogueOf({ activation }: Activated, slope: Value | undefined): (total: number, c: number) => number {
  if (activation === 'none') return (total) => total;
  if (activation !== 'prelu') return unaryFunction(activation).evaluate;
  const slopes = slope?.data ?? bug('"prelu" has no slopes');
  const { evaluate } = binaryFunctions.prelu;
  return slopes.length > 1 ? (total, c) => evaluate(total, slopes[c]) : (total) => evaluate(total, slopes[0]);
}

export const lowerEpilogue = (
  { activation }: Activated,
  total: Expr,
  c: Expr,
  arrays: Readonly<Record<string, Arr>>,
): Expr => lowerActivation(activation, total, () => load(arrays.slope, arrays.slope.length > 1 ? c : 0));
