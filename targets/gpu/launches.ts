/** What is launched at once: a grid, or several of which none touches what another writes, side by side. */
import type { Arr, Stmt } from '../../src/loop/loop.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { arraysIn } from '../arrays.ts';
import { loadsIn, storedBy, storedIn } from './nests.ts';
import type { Grid } from './parallel.ts';
import { gridsOf } from './parallel.ts';

/** In the order of their blocks of threads. */
export type Launch = readonly Grid[];

/** Arrays of a launch of several: what kernels are told has a limit. */
const mostArrays = 48;

/** One after the other, each when the one before is done. */
export function launchesOf(body: readonly Stmt[]): readonly Launch[] {
  const launches: Grid[][] = [];
  const isOnce = (array: Arr): boolean => storedBy(body, array) === array.length;
  for (const grid of gridsOf(body)) {
    const last = launches.at(-1);
    if (last && areApart([...last, grid], isOnce)) last.push(grid);
    else launches.push([grid]);
  }
  return launches;
}

/** `isOnce`: whether as much is stored to an array as it has. Steps store all of it, so then no two grids store the same element. */
function areApart(grids: readonly Grid[], isOnce: (array: Arr) => boolean): boolean {
  if (grids.some(({ axes }) => axes.length === 0)) return false;
  const statements = grids.flatMap(({ body }) => body);
  const stored = grids.flatMap(({ body }) => [...storedIn(body)]);
  if (arraysIn(statements).length > mostArrays) return false;
  return stored.every(isOnce) && !loadsIn(statements).some(({ array }) => stored.includes(array));
}

export const sizeOf = ({ axes }: Grid): number => axes.reduce((product, { count }) => product * count, 1);

/** What one run of a plan hands to a GPU: a launch for each call of a routine, and those that loops become. */
export const launchesIn = ({ steps }: Pick<Plan, 'steps'>): number =>
  steps.reduce((sum, { work }) => sum + (work.kind === 'loops' ? launchesOf(work.body) : work.calls).length, 0);
