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
  readonly use?: Use;
}

/** How a piece of work uses a GPU. */
export interface Use {
  /** Blocks of threads. */
  readonly blocks: number;
  /** Blocks that a multiprocessor has room for, and the share of its threads that these have at work. */
  readonly resident: number;
  readonly occupancy: number;
  /** Of a thread. */
  readonly registers?: number;
  /** Bytes of shared memory of a block. */
  readonly shared?: number;
  /** Bytes from and to memory. */
  readonly bytes: number;
  /** What a block computes, rows by pixels, and how many blocks share each sum, where there are several. */
  readonly tile?: string;
  readonly splits?: number;
  /** Of several products that follow each other the rest is told of the longest. */
  readonly products?: number;
  /** Multiply-adds that are done for nothing since the layer's sizes are no multiples of tiles, against those that are not. */
  readonly padding?: number;
}

export interface Rates {
  /** The CPU that was measured, or how the rates were estimated. */
  readonly machine: string;
  readonly compiler: string;
  /** The GPU that work was shaped and counted for, by the target's name for it, where there are several. */
  readonly device?: string;
  /** For each family nanoseconds of each thing that is counted; what is not listed takes none. */
  readonly families: Readonly<Record<string, Counts>>;
}

export interface Prediction {
  readonly ns: number;
  /** What most of the time goes into, by its name among the counts. */
  readonly bound: string;
  readonly family: string;
  readonly use?: Use;
  /** That weights are multiplied with the zeros that their format leaves out. */
  readonly zeros?: true;
  /** What else could compute it, and does not. */
  readonly others?: readonly Other[];
}

/** Another routine: what it would take, or why it takes no such work, the rest of a sentence. */
export interface Other {
  readonly routine: string;
  readonly ns?: number;
  readonly reason?: string;
  /** That it is what was asked for, where it can be had. */
  readonly asked?: true;
}

/** Grows with every count, since nothing takes less than no time. */
export function predictWith({ families }: Pick<Rates, 'families'>, { family, counts, use }: Counted): Prediction {
  const rates = families[family] ?? bug(`nothing was measured for "${family}"`);
  let [ns, most, bound] = [0, -1, ''];
  for (const [thing, count] of Object.entries(counts)) {
    const part = count * (rates[thing] ?? 0);
    ns += part;
    if (part > most) [most, bound] = [part, thing];
  }
  return { ns, bound, family, ...(use && { use }) };
}
