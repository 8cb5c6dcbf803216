/** The operators of ONNX that are read, and those that are known but cannot be. */
import { suggestion } from '../nearest.ts';
import { standard } from './domains.ts';
import type { BoundRow, BoundRows, Row, Rows } from './layer.ts';
import { scanRows } from './rows/loop.ts';
import { activationRows } from './rows/ops-activation.ts';
import { attentionRows } from './rows/ops-attention.ts';
import { trainingRows } from './rows/ops-batch-norm.ts';
import { blocksRows } from './rows/ops-blocks.ts';
import { castRows } from './rows/ops-cast.ts';
import { compareRows } from './rows/ops-compare.ts';
import { choiceRows, controlRows } from './rows/ops-control.ts';
import { convolutionRows } from './rows/ops-convolution.ts';
import { createRows } from './rows/ops-create.ts';
import { determinantRows } from './rows/ops-determinant.ts';
import { einsumRows } from './rows/ops-einsum.ts';
import { gatherRows } from './rows/ops-gather.ts';
import { integerRows } from './rows/ops-integer.ts';
import { lossRows } from './rows/ops-loss.ts';
import { mathRows } from './rows/ops-math.ts';
import { microsoftRows } from './rows/ops-microsoft.ts';
import { microsoftQuantisedRows } from './rows/ops-microsoft-quantised.ts';
import { normaliseRows } from './rows/ops-normalise.ts';
import { orderRows } from './rows/ops-order.ts';
import { padRows } from './rows/ops-pad.ts';
import { piecesRows } from './rows/ops-pieces.ts';
import { poolRows } from './rows/ops-pool.ts';
import { productRows } from './rows/ops-product.ts';
import { quantizeRows } from './rows/ops-quantize.ts';
import { recurrentRows } from './rows/ops-recurrent.ts';
import { reduceRows } from './rows/ops-reduce.ts';
import { resizeRows } from './rows/ops-resize.ts';
import { sampleRows } from './rows/ops-sample.ts';
import { scatterRows } from './rows/ops-scatter.ts';
import { searchRows } from './rows/ops-search.ts';
import { sequenceRows } from './rows/ops-sequence.ts';
import { shapeRows } from './rows/ops-shape.ts';
import { signalRows } from './rows/ops-signal.ts';
import { softmaxRows } from './rows/ops-softmax.ts';
import { unpoolRows } from './rows/ops-unpool.ts';

const families: readonly Rows[] = [
  activationRows,
  attentionRows,
  blocksRows,
  castRows,
  compareRows,
  controlRows,
  convolutionRows,
  createRows,
  determinantRows,
  einsumRows,
  gatherRows,
  integerRows,
  lossRows,
  mathRows,
  normaliseRows,
  orderRows,
  padRows,
  piecesRows,
  poolRows,
  productRows,
  quantizeRows,
  recurrentRows,
  reduceRows,
  resizeRows,
  sampleRows,
  scatterRows,
  searchRows,
  shapeRows,
  signalRows,
  softmaxRows,
  trainingRows,
  unpoolRows,
];

const boundFamilies: readonly BoundRows[] = [choiceRows, scanRows, sequenceRows];

const rows: ReadonlyMap<string, Row> = new Map(families.flatMap((family) => Object.entries(family)));
const boundRows: ReadonlyMap<string, BoundRow> = new Map(boundFamilies.flatMap((family) => Object.entries(family)));

const microsoft: ReadonlyMap<string, Row> = new Map(
  [microsoftRows, microsoftQuantisedRows].flatMap((family) => Object.entries(family)),
);

export function rowOf(domain: string, operator: string): Row | undefined {
  if (domain === 'com.microsoft') return microsoft.get(operator);
  return standard(domain) ? rows.get(operator) : undefined;
}

/** The row of an operator that takes or gives more than tensors. */
export const boundRowOf = (domain: string, operator: string): BoundRow | undefined =>
  standard(domain) ? boundRows.get(operator) : undefined;

/** Operators that are read. */
export const operators: readonly string[] = [...rows.keys(), ...boundRows.keys()].sort();

/** Operators that cannot be compiled, by name, and what to do about them. */
const refusals: readonly (readonly [RegExp, string, string])[] = [
  [
    /^NonMaxSuppression$/,
    'gives a result whose shape depends on the input’s values',
    'export the model with the operator’s inputs as its outputs, and do this step in the application',
  ],
  [
    /^(?:RoiAlign|DeformConv)$/,
    'samples pictures in regions that are computed',
    'export the model with the operator’s inputs as its outputs, and do this step in the application',
  ],
  [
    /^(?:Random.*|Multinomial|Bernoulli)$/,
    'draws random numbers',
    'export the model for inference, where nothing is random',
  ],
  [
    /^(?:String.*|TfIdfVectorizer|RegexFullMatch)$/,
    'works on texts',
    'do this step in the application, and export the model without it',
  ],
  [/^Col2Im$/, 'is signal processing', 'do this step in the application'],
];

/** Why an operator is not read, and what may help. */
export function refusalOf(operator: string, domain: string): { readonly message: string; readonly hint: string } {
  if (!standard(domain))
    return {
      message: `there is no reader for the operator "${operator}" of the domain "${domain}"`,
      hint: 'export the model with operators of the standard, or with the operator as a function of the model',
    };
  const known = refusals.find(([pattern]) => pattern.test(operator));
  if (known) return { message: `the operator "${operator}" ${known[1]}`, hint: known[2] };
  return {
    message: `there is no reader for the operator "${operator}"`,
    hint:
      suggestion(operator, operators) ||
      'make its inputs the outputs of the model, and do this step in the application',
  };
}
