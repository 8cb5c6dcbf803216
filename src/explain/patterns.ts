/** Masks that pruning could leave, as prices see them: which formats would be on offer for a layer that was pruned so. */
import type { Offer } from '../plan/offers.ts';
import { offersFor } from '../plan/offers.ts';
import { maskedMatrix } from '../tensor/masked.ts';
import type { Matrix } from '../tensor/matrix.ts';

/** Weights are kept in blocks of `r` filters and `c` neighbouring channels at one tap. */
export interface Pattern {
  readonly name: string;
  readonly r: number;
  readonly c: number;
}

const blocks = (r: number, c: number): Pattern => ({ name: `${r}x${c} blocks`, r, c });

/** From fine to coarse: the finer, the less pruning costs in accuracy. */
export const patterns: readonly Pattern[] = [
  { name: 'unstructured', r: 1, c: 1 },
  blocks(2, 1),
  blocks(4, 1),
  blocks(8, 1),
  blocks(4, 4),
  blocks(16, 1),
  blocks(8, 4),
  blocks(16, 8),
];

/** Rows and neighbouring columns that stand for the whole matrix: what a format costs grows with both. */
const sampleRows = 64;
const sampleRun = 256;

/**
 * What would be on offer if `density` of the layer's blocks were kept, at random: detected and priced as for any mask, on
 * a part of the matrix where it is large. Undefined where such blocks do not fit.
 */
export function offersAt(
  { rows, columns, run }: Pick<Matrix, 'rows' | 'columns' | 'run'>,
  { r, c }: Pattern,
  density: number,
): readonly Offer[] | undefined {
  if (rows % r !== 0 || run % c !== 0) return undefined;
  const height = rows <= sampleRows ? rows : sampleRows;
  const width = run <= sampleRun ? run : sampleRun;
  const taps = Math.min(columns / run, Math.max(1, Math.floor(sampleRun / width)));
  const part = { rows: height, columns: width * taps, run: width };
  const scale = (rows * columns) / (part.rows * part.columns);
  const scaled = (n: number): number => Math.round(n * scale);
  return offersFor({ matrix: maskedMatrix(part, { r, c }, density) }).offers.map(({ encoding, cost }) => ({
    encoding,
    cost: {
      bytes: scaled(cost.bytes),
      multiplies: scaled(cost.multiplies),
      lookups: scaled(cost.lookups),
      tests: scaled(cost.tests),
    },
  }));
}
