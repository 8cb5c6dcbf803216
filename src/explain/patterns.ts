/** Masks that pruning could leave, as prices see them: which formats would be on offer for a layer that was pruned so. */
import type { Cost } from '../formats/format.ts';
import type { Offer } from '../plan/offers.ts';
import { offersFor } from '../plan/offers.ts';
import type { Blocks } from '../tensor/masked.ts';
import { maskedMatrix } from '../tensor/masked.ts';
import type { Matrix } from '../tensor/matrix.ts';

/** Weights are kept in blocks of `r` filters and `c` neighbouring channels at one tap. */
export interface Pattern extends Blocks {
  readonly name: string;
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

type Size = Pick<Matrix, 'rows' | 'columns' | 'run'>;

/** What would be on offer for a layer; undefined where blocks of the pattern do not fit. */
export type OffersAt = (size: Size, blocks: Blocks, density: number) => readonly Offer[] | undefined;

/**
 * Offers as if `density` of a layer's blocks were kept, at random: detected and priced as for any mask, on a part of the
 * matrix where it is large. What was asked before is not computed again, and layers have many parts in common.
 */
export function samplingOffers(): OffersAt {
  const known = new Map<string, readonly Offer[]>();
  return ({ rows, columns, run }, { r, c }, density) => {
    if (rows % r !== 0 || run % c !== 0) return undefined;
    const width = Math.min(run, sampleRun);
    const taps = Math.min(columns / run, Math.floor(sampleRun / width));
    const part: Size = { rows: Math.min(rows, sampleRows), columns: width * taps, run: width };
    const key = [part.rows, part.columns, part.run, r, c, density.toFixed(4)].join();
    const offers = known.get(key) ?? offersFor({ matrix: maskedMatrix(part, { r, c }, density) }).offers;
    known.set(key, offers);
    const scale = (rows * columns) / (part.rows * part.columns);
    return offers.map(({ encoding, cost }) => ({ encoding, cost: scaled(cost, scale) }));
  };
}

const scaled = ({ bytes, multiplies, lookups, tests }: Cost, by: number): Cost => ({
  bytes: Math.round(bytes * by),
  multiplies: Math.round(multiplies * by),
  lookups: Math.round(lookups * by),
  tests: Math.round(tests * by),
});
