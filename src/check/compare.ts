/** How far two results are apart. */
import type { Named } from '../graph/evaluate.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Shape } from '../tensor/type.ts';

/** What an artefact may differ from `evaluate`: sums in another order, single instead of double precision. */
export const tolerance = 1e-5;

/** What it may differ from another program that runs the model, which rounds in its own places. */
export const peerTolerance = 1e-4;

/** Stands for an infinite error, in JSON too: NaN or an infinity on one side alone, another length, or nothing at all. */
export const incomparable = Number.MAX_VALUE;

/** One output, and the largest error in it. */
export interface Compared {
  readonly name: string;
  readonly shape: Shape;
  readonly maxError: number;
}

/** max |a − b| / max |b|, and max |a − b| where b is 0 throughout. Infinities and NaN must stand in the same places. */
export function relativeError(a: Numbers | undefined, b: Numbers | undefined): number {
  if (!a || !b || a.length !== b.length) return incomparable;
  let [apart, largest] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    const size = Math.abs(b[i]);
    if (size > largest && size !== Infinity) largest = size;
    if (a[i] === b[i] || (Number.isNaN(a[i]) && Number.isNaN(b[i]))) continue;
    const distance = Math.abs(a[i] - b[i]);
    if (!(distance < Infinity)) return incomparable;
    if (distance > apart) apart = distance;
  }
  return largest > 0 ? apart / largest : apart;
}

/** Every output by name, with its largest error over all samples. */
export const compareOutputs = (
  outputs: readonly Pick<Compared, 'name' | 'shape'>[],
  got: readonly Named[],
  want: readonly Named[],
): readonly Compared[] =>
  outputs.map(({ name, shape }) => ({
    name,
    shape,
    maxError: got.reduce((worst, values, i) => Math.max(worst, relativeError(values[name], want[i][name])), 0),
  }));

/** The largest error of all. */
export const worstOf = (compared: readonly Compared[]): number =>
  compared.reduce((worst, { maxError }) => Math.max(worst, maxError), 0);
