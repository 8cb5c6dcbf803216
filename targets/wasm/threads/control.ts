/**
 * Memory that threads know of each other by, behind all arrays: counters, those that change often on cache lines of their
 * own, and the table of the tasks. As words:
 *
 *     0    runs that were begun; threads sleep on it between runs
 *     16   tasks that are done; threads sleep on it within runs
 *     32   threads that sleep within a run
 *     33   whether a thread failed
 *     48   tasks that were taken of the first lot, and so on, 16 words for each
 *          the table
 */
import type { Tasks } from './tasks.ts';

/** Where each counter is, in words. */
export const counters = { begun: 0, done: 16, sleepers: 32, failed: 33, taken: 48 } as const;

/** Words of a line. */
const line = 16;

/** Before the table. */
export const counterWords = ({ threads }: Tasks): number => counters.taken + line * threads;

export interface Control {
  readonly tasks: Tasks;
  /** Where in memory all of this is, in bytes. */
  readonly at: number;
}

/** What is there at first. The first run is run 1, as if there had been one before it. */
export function controlWords(tasks: Tasks): Int32Array<ArrayBuffer> {
  const { threads, count, table } = tasks;
  const words = new Int32Array(counterWords(tasks) + table.length);
  words[counters.done] = threads * count;
  for (let lot = 0; lot < threads; lot++) words[counters.taken + line * lot] = count;
  words.set(table, counterWords(tasks));
  return words;
}

/** A counter's place in memory, in bytes. */
export const counterAt = ({ at }: Control, counter: keyof typeof counters): number => at + 4 * counters[counter];

export const tableIn = ({ at, tasks }: Control): number => at + 4 * counterWords(tasks);
