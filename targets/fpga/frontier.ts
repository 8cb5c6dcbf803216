/**
 * What of everything that a layer could be is worth having, when resources have prices. Which of them is scarce is known
 * only when all layers are chosen, so several lists of prices are tried. None of them depends on the budget: what fits
 * one fits a larger one too.
 */
import type { Table } from './area/datapath.ts';
import { blocksOf, waiting } from './area/placing.ts';
import type { Estimate } from './contract/engine.ts';
import type { Part } from './parts.ts';
import { externalBits } from './parts.ts';

export const resources = ['dsp', 'lut', 'ff', 'bram18'] as const;
export type Resource = (typeof resources)[number];

/** Of all of a resource that the part has. */
interface Prices extends Readonly<Record<Resource, number>> {
  /** Whether schedules are thought to be outside of the part: then they cost what they are read, and blocks to wait in. */
  readonly outside: boolean;
}

const even: Prices = { dsp: 1, lut: 1, ff: 1, bram18: 1, outside: false };

/** How much more one resource may count than others. */
const steps = [4, 16, 64] as const;

const lists: readonly Prices[] = [
  even,
  ...(['dsp', 'lut', 'bram18'] as const).flatMap((r) => steps.map((step) => ({ ...even, [r]: step }))),
  ...[1, ...steps].map((step) => ({ ...even, bram18: step, outside: true })),
];

type Priced = Pick<Estimate, 'area' | 'table' | 'cycles'>;

/** For each list of prices, and each layer: choices in order of price, each faster than all that are cheaper. */
export type Frontiers<T> = readonly (readonly (readonly T[])[])[];

export function frontiersOf<T extends Priced>(
  layers: readonly (readonly T[])[],
  part: Part,
  clock: number,
): Frontiers<T> {
  const quickest = layers.map((choices) => [...choices].sort((a, b) => a.cycles - b.cycles));
  return lists.map((prices) => quickest.map((choices) => frontier(choices, (c) => priceOf(c, prices, part, clock))));
}

/** Choices are given the quickest first. */
function frontier<T extends Priced>(choices: readonly T[], price: (choice: T) => number): readonly T[] {
  const out: T[] = [];
  let least = Infinity;
  for (const choice of choices) {
    const own = price(choice);
    if (own >= least) continue;
    least = own;
    // Of two that are as quick the cheaper one.
    if (out.length > 0 && out[out.length - 1].cycles === choice.cycles) out.pop();
    out.push(choice);
  }
  return out.reverse();
}

function priceOf({ area, table }: Priced, prices: Prices, part: Part, clock: number): number {
  const blocks = prices.outside ? area.bram18 - blocksOf(table) + waitingIn(table) : area.bram18;
  const fetched =
    prices.outside && table.storage === 'block' ? table.perCycle / Math.max(1, externalBits(part, clock)) : 0;
  const of = (r: Resource, amount: number): number => (prices[r] * amount) / Math.max(1, part[r]);
  return of('dsp', area.dsp) + of('lut', area.lut) + of('ff', area.ff) + of('bram18', blocks) + fetched;
}

const waitingIn = (table: Table): number => Math.min(blocksOf(table), waiting(table));

/**
 * Intervals worth trying, shortest first: 1 % apart, and in front of one that does, eight in between. The same for every
 * budget.
 */
export function firstInterval(least: number, most: number, fits: (cycles: number) => boolean): number | undefined {
  const at = (k: number): number => Math.min(most, Math.floor(least * 1.01 ** k));
  for (let k = 0; ; k++) {
    if (fits(at(k))) {
      for (let i = 7; i > 0 && k > 0; i--) if (fits(at(k - i / 8))) return at(k - i / 8);
      return at(k);
    }
    if (at(k) >= most) return undefined;
  }
}

/** From `most` down to `least`, each a twentieth shorter than the one before. */
export function intervals(least: number, most: number): readonly number[] {
  const out: number[] = [];
  for (let cycles = most; cycles >= least; cycles = Math.floor(cycles / 1.05)) out.push(cycles);
  return out;
}
