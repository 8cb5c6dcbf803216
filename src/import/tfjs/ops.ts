/** The operators of TensorFlow graphs that are read, and those that are known but cannot be. */

import { suggestion } from '../nearest.ts';
import type { Row, Rows } from './layer.ts';
import { createRows } from './ops-create.ts';
import { imageRows } from './ops-image.ts';
import { layerRows } from './ops-layers.ts';
import { mathRows } from './ops-math.ts';
import { reduceRows } from './ops-reduce.ts';
import { shapeRows } from './ops-shape.ts';

const rows: ReadonlyMap<string, Row> = new Map(
  [createRows, imageRows, layerRows, mathRows, reduceRows, shapeRows].flatMap((family: Rows) => Object.entries(family)),
);

export const rowOf = (operator: string): Row | undefined => rows.get(operator);

/** Operators that are read. */
export const operators: readonly string[] = [...rows.keys()].sort();

/** Operators that cannot be compiled, by what they begin with, and what to do about them. */
const refusals: readonly (readonly [RegExp, string, string])[] = [
  [
    /^(?:Switch|Merge|Enter|Exit|NextIteration|LoopCond|(?:Stateless)?(?:While|If|Case)|TensorArray.*|TensorList.*)$/,
    'is control flow, which is decided at run time',
    'freeze the model with constant conditions and unrolled loops, and convert it again',
  ],
  [
    /^(?:NonMaxSuppression.*|Where|Unique.*|NonZero|ListDiff|BooleanMask|Bincount|DenseBincount)$/,
    'gives a result whose shape depends on the input’s values',
    'convert the model with the operator’s inputs as its outputs, and do this step in the application',
  ],
  [
    /^(?:Random.*|TruncatedNormal|Multinomial|StatelessRandom.*)$/,
    'draws random numbers',
    'convert the model for inference, where nothing is random',
  ],
  [
    /^(?:.*HashTable.*|Lookup.*|String.*|StaticRegexReplace|Ragged.*|Sparse(?!ToDense).*)$/,
    'works on texts, tables or ragged values',
    'do this step in the application, and convert the model without it',
  ],
];

/** Why an operator is not read, and what may help. */
export function refusalOf(operator: string): { readonly message: string; readonly hint: string } {
  const known = refusals.find(([pattern]) => pattern.test(operator));
  if (known) return { message: `the operator "${operator}" ${known[1]}`, hint: known[2] };
  const near = suggestion(operator, operators);
  return {
    message: `there is no reader for the operator "${operator}"`,
    hint: near === '' ? 'make its inputs the outputs of the model, and do this step in the application' : near,
  };
}
