/** Weights rounded to a grid: whole numbers with the scales of their rows, and the real numbers that these stand for. */
import { roundTiesToEven } from '../loop/meaning.ts';
import { fromF16, toF16 } from '../tensor/f16.ts';
import { centresOf, nearestCentre } from './k-means.ts';
import type { Grid } from './options.ts';

export interface Rounded {
  /** In −127..127. */
  readonly wholes: Int32Array<ArrayBuffer>;
  /** f32, one for each row. */
  readonly scales: readonly number[];
  /** As close to the weights as the grid goes: with a codebook the centres themselves, or halves, which the whole numbers round. */
  readonly reals: Float32Array<ArrayBuffer>;
  /** Whether `reals` are `wholes` times their scales. */
  readonly exact: boolean;
}

/** Whether a grid is for such weights: halves end somewhere, and tables are not worth it for a few. */
export function suits(grid: Grid, data: Float32Array): boolean {
  if (grid.kind === 'f16') return data.every((w) => Math.abs(w) <= mostHalf);
  if (grid.kind !== 'codebook' || !grid.stored) return true;
  return data.reduce((live, w) => live + (w === 0 ? 0 : 1), 0) >= leastForEach * grid.values;
}

/** Weights for each value of a codebook, below which formats store no codes. */
const leastForEach = 16;

/** The largest number that a half is. */
const mostHalf = 65504;

/** Below, steps of a scale could not be told apart. */
const leastScale = 2 ** -120;

/** `data` are rows of equal length, one for each output. */
export function roundWeights(grid: Grid, data: Float32Array, rows: number): Rounded {
  if (grid.kind === 'codebook') return (grid.stored ? withSteps : withCodebook)(data, rows, grid.values);
  if (grid.kind === 'f16') {
    // What is too small for a half is a zero, and one without a sign.
    const reals = Float32Array.from(data, (w) => fromF16(toF16(w)) + 0);
    return { ...roundWeights({ kind: 'int8' }, reals, rows), reals, exact: false };
  }
  const columns = data.length / rows;
  const wholes = new Int32Array(data.length);
  const scales: number[] = [];
  for (let row = 0; row < rows; row++) {
    const own = data.subarray(row * columns, (row + 1) * columns);
    const scale = scaleOf(grid.kind, own);
    scales.push(scale);
    for (let i = 0; i < columns; i++) if (own[i] !== 0) wholes[row * columns + i] = stepsOf(grid.kind, own[i] / scale);
  }
  return { wholes, scales, reals: realsOf(wholes, scales), exact: true };
}

/** Whole numbers times the scale of their row. */
export function realsOf(wholes: Int32Array, scales: readonly number[]): Float32Array<ArrayBuffer> {
  const columns = wholes.length / scales.length;
  const reals = new Float32Array(wholes.length);
  for (let row = 0, at = 0; row < scales.length; row++)
    for (const end = at + columns; at < end; at++) reals[at] = wholes[at] * scales[row];
  return reals;
}

type Steps = 'int8' | 'int4' | 'po2';

const highest: Readonly<Record<Steps, number>> = { int8: 127, int4: 7, po2: 64 };

function scaleOf(kind: Steps, row: Float32Array): number {
  const most = largestOf(row);
  if (most === 0) return 1;
  if (kind === 'po2') return Math.max(powerNear(most) / highest.po2, leastScale);
  const scale = Math.max(Math.fround(most / highest[kind]), leastScale);
  return kind === 'int4' ? Math.max(bestScale(kind, row, scale), leastScale) : scale;
}

/** Where steps are coarse, the largest weights are better cut than all others rounded more. */
function bestScale(kind: Steps, row: Float32Array, largest: number): number {
  let [best, least] = [largest, Infinity];
  for (let share = 100; share >= 40; share -= 2) {
    const scale = Math.fround((largest * share) / 100);
    let error = 0;
    for (const w of row) error += (w - stepsOf(kind, w / scale) * scale) ** 2;
    if (error < least) [best, least] = [scale, error];
  }
  return best;
}

function stepsOf(kind: Steps, steps: number): number {
  if (kind !== 'po2') return Math.min(Math.max(roundTiesToEven(steps), -highest[kind]), highest[kind]) || 0;
  const size = Math.abs(steps);
  if (!(size >= 0.5)) return 0;
  return Math.sign(steps) * Math.min(Math.max(powerNear(size), 1), highest.po2);
}

/** The power of two nearest to a number above zero; of two as near, the higher. */
function powerNear(x: number): number {
  const below = 2 ** Math.floor(Math.log2(x));
  // The logarithm of what is just below a power may round to it.
  const power = below > x ? below / 2 : below;
  return x >= 1.5 * power ? 2 * power : power;
}

function largestOf(numbers: Float32Array): number {
  let most = 0;
  for (const x of numbers) most = Math.max(most, Math.abs(x));
  return most;
}

/** Few of the steps of each row's own scale, the same for all rows: channels may differ in size, as folded normalisation leaves them. */
function withSteps(data: Float32Array, rows: number, values: number): Rounded {
  const { wholes, scales } = roundWeights({ kind: 'int8' }, data, rows);
  const columns = data.length / rows;
  const steps = data.map((w, i) => w / scales[Math.floor(i / columns)]);
  const centres = centresOf(
    steps.filter((step) => step !== 0),
    values,
  );
  for (let i = 0; i < steps.length; i++)
    if (steps[i] !== 0) wholes[i] = roundTiesToEven(centres[nearestCentre(centres, steps[i])]);
  return { wholes, scales, reals: realsOf(wholes, scales), exact: true };
}

/** Centres of all weights other than 0, and as whole numbers the steps of one scale next to them. */
function withCodebook(data: Float32Array, rows: number, values: number): Rounded {
  const centres = centresOf(
    data.filter((w) => w !== 0),
    values,
  );
  const most = Math.max(leastScale, ...centres.map(Math.abs));
  const scale = centres.length === 0 ? 1 : Math.fround(most / highest.int8);
  const steps = centres.map((c) => roundTiesToEven(c / scale));
  const wholes = new Int32Array(data.length);
  const reals = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    if (data[i] === 0) continue;
    const k = nearestCentre(centres, data[i]);
    wholes[i] = steps[k];
    reals[i] = centres[k];
  }
  return { wholes, scales: Array<number>(rows).fill(scale), reals, exact: false };
}
