/**
 * Memory that threads know of each other by, behind all arrays: counters, each on a cache line of its own, and the table
 * of the tasks. As words:
 *
 *     0    runs that were begun; threads sleep on it between runs
 *     16   tasks that were taken
 *     32   tasks that are done; threads sleep on it within runs
 *     48   threads that sleep within a run
 *     49   whether a thread failed
 *     64   the table
 */
import type { Tasks } from './tasks.ts';

/** Where each counter is, in words. */
export const counters = { begun: 0, taken: 16, done: 32, sleepers: 48, failed: 49 } as const;

/** Before the table. */
export const counterWords = 64;

export interface Control {
  readonly tasks: Tasks;
  /** Where in memory all of this is, in bytes. */
  readonly at: number;
}

/** What is there at first. The first run is run 1, whose tasks are numbered from a run's count on. */
export function controlWords({ count, table }: Tasks): Int32Array<ArrayBuffer> {
  const words = new Int32Array(counterWords + table.length);
  words[counters.taken] = count;
  words[counters.done] = count;
  words.set(table, counterWords);
  return words;
}

/** A counter's place in memory, in bytes. */
export const counterAt = ({ at }: Control, counter: keyof typeof counters): number => at + 4 * counters[counter];

export const tableIn = ({ at }: Control): number => at + 4 * counterWords;
