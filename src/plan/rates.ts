/**
 * What work takes, as data: what a routine does is counted, and each thing that is counted has been measured to take so
 * many nanoseconds. A family is a routine, or several that take the same.
 */
import { bug } from '../diagnostic.ts';

/** How often a routine does what it takes time for, by what that is: `{ multiply: 12544, rows: 784 }`. */
export type Counts = Readonly<Record<string, number>>;

/** A piece of work as a target sees it. */
export interface Counted {
  /** Which routine does it. */
  readonly family: string;
  readonly counts: Counts;
  /** How it uses the machine, for people: `120 blocks, 2 a multiprocessor`. */
  readonly detail?: string;
}

export interface Rates {
  /** The CPU that was measured, or how the rates were estimated. */
  readonly machine: string;
  readonly compiler: string;
  /** For each family nanoseconds of each thing that is counted; what is not listed takes none. */
  readonly families: Readonly<Record<string, Counts>>;
}

export interface Prediction {
  readonly ns: number;
  /** What most of the time goes into, by its name among the counts. */
  readonly bound: string;
  readonly family: string;
  readonly detail?: string;
}

/** Grows with every count, since nothing takes less than no time. */
export function predictWith({ families }: Pick<Rates, 'families'>, { family, counts, detail }: Counted): Prediction {
  const rates = families[family] ?? bug(`nothing was measured for "${family}"`);
  let [ns, most, bound] = [0, -1, ''];
  for (const [thing, count] of Object.entries(counts)) {
    const part = count * (rates[thing] ?? 0);
    ns += part;
    if (part > most) [most, bound] = [part, thing];
  }
  return { ns, bound, family, ...(detail !== undefined && { detail }) };
}
