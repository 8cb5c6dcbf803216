/**
 * A plan as tasks for threads. All threads walk the same steps in order, take tasks of a step as long as there are any, and
 * go on when all of them are done. The tasks of each turn come in as many lots as there are threads: each begins with its own,
 * so that it finds in its cache what it wrote before, and then takes those of others. Tasks are numbered through turns and runs,
 * so that two kinds of counters, of the tasks of a lot that were taken and of all that are done, say what threads have to know
 * of each other, and whoever comes late takes part from then on.
 */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Argument, Kernel, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Plan, Step } from '../../../src/plan/plan.ts';
import { bytesPer } from '../../../src/tensor/type.ts';
import type { Part } from './divide.ts';
import { stagesOf } from './divide.ts';
import { templateOf } from './streams.ts';

export interface Tasks {
  /** Threads that may run the plan together. */
  readonly threads: number;
  /** Of a lot, in a run: all lots have as many, of which the last in a turn may have nothing to do. */
  readonly count: number;
  /** For each step of the plan what is done together; the next begins when that is done. */
  readonly steps: readonly (readonly Turn[])[];
  /** What parts have that does not change by as much from each to the next. */
  readonly table: readonly number[];
}

/** Tasks that may be done at the same time. */
export interface Turn {
  readonly count: number;
  /** The first has the first tasks. */
  readonly calls: readonly SharedCall[];
}

export interface SharedCall {
  /** Undefined for the loops of a step that has no routines. */
  readonly call: RoutineCall | undefined;
  readonly count: number;
  /** By the place of an argument, where it differs between tasks or threads. */
  readonly differing: ReadonlyMap<number, Differing>;
}

/**
 * What is added to an argument's address, or stands in its place where it is a number: for task i of a turn, or for thread i.
 * Parts that are each of some with each of others count one or the other: i is then floor(task / every) % round.
 *
 *     even    first + i * step, but for one i perhaps, whose value is its own
 *     table   what the table has at `at` + i
 *     own     i * step
 */
export type Differing =
  | ({ readonly kind: 'even'; readonly first: number; readonly step: number; readonly but?: Exception } & Counted)
  | ({ readonly kind: 'table'; readonly at: number } & Counted)
  | { readonly kind: 'own'; readonly step: number };

export interface Counted {
  /** Tasks of the turn before those that are counted. */
  readonly begun: number;
  readonly every: number;
  /** 0 if i only grows. */
  readonly round: number;
}

export interface Exception {
  readonly i: number;
  readonly value: number;
}

/** Tasks of each lot. */
export const eachOf = ({ count }: Pick<Turn, 'count'>, threads: number): number => Math.ceil(count / threads);

/** For each thread so many tasks: if one is late with its last, there is little for which the others wait. */
const tasksPerThread = 8;

/** More would wait for each other for longer than they compute. */
export const mostThreads = 16;

/** So much work takes a few microseconds, and to ask for the next task a tenth of one. */
const leastWork = 16384;

export interface TaskOptions {
  readonly threads: number;
  /** The parameters of a routine, in order. */
  readonly namesOf: (call: RoutineCall) => readonly string[];
  /** Multiply-adds, or numbers that are moved, that are worth a task. */
  readonly least?: number;
}

export function tasksOf(plan: Plan, { threads, namesOf, least = leastWork }: TaskOptions): Tasks {
  const limits = { most: threads * tasksPerThread, lots: threads, least };
  const data = new Map(plan.constants.map((c) => [c.array, c.data]));
  const table: number[] = [];
  const steps = plan.steps.map((step): readonly Turn[] => {
    const { work } = step;
    if (work.kind === 'loops') return [{ count: 1, calls: [{ call: undefined, count: 1, differing: new Map() }] }];
    const dividing = { limits, constantOf: (array: Arr) => data.get(array) };
    return groupsOf(work.calls).flatMap((calls) => {
      const stages = calls.map((call) => stagesOf(call, { ...dividing, names: namesOf(call) }));
      const most = Math.max(...stages.map(({ length }) => length));
      return Array.from({ length: most }, (_, i): Turn => {
        let begun = 0;
        const shared = stages
          .flatMap((all) => all.slice(i, i + 1))
          .map(({ call, parts }): SharedCall => {
            const differing = new Map([
              ...ownScratch(call, step, threads),
              ...differences(call, namesOf(call), { parts, begun, table }),
            ]);
            begun += parts.length;
            return { call, count: parts.length, differing };
          });
        return { calls: shared, count: begun };
      });
    });
  });
  const count = steps.flat().reduce((sum, turn) => sum + eachOf(turn, threads), 0);
  return { threads, count, steps, table };
}

/** Calls that write to different places, if they follow each other in a step, and of which none reads what others write. */
const independent: ReadonlySet<string> = new Set(['conv-panels', 'conv-vectors', 'copy-blocks', 'fill-blocks']);

function groupsOf(calls: readonly RoutineCall[]): readonly (readonly RoutineCall[])[] {
  const groups: RoutineCall[][] = [];
  let before = false;
  for (const call of calls) {
    const alone = !independent.has(templateOf(call.routine));
    if (alone || !before) groups.push([call]);
    else groups[groups.length - 1].push(call);
    before = !alone;
  }
  return groups;
}

interface Parted {
  readonly parts: readonly Part[];
  /** Tasks of the turn before the first of these. */
  readonly begun: number;
  /** Grows by what it has to hold. */
  readonly table: number[];
}

function differences(
  { args }: RoutineCall,
  names: readonly string[],
  { parts, begun, table }: Parted,
): readonly (readonly [number, Differing])[] {
  const changed = [...new Set(parts.flatMap((part) => Object.keys(part)))];
  return changed.flatMap((name): readonly (readonly [number, Differing])[] => {
    const at = names.indexOf(name);
    const argument = args[at];
    const unchanged = typeof argument === 'number' ? argument : 0;
    const values = parts.map((part) => part[name] ?? unchanged);
    if (values.every((value) => value === unchanged)) return [];
    return [[at, differing(values, begun, table)]];
  });
}

function differing(all: readonly number[], begun: number, table: number[]): Differing {
  const { values, ...counts } = repeated(all);
  const counted = { ...counts, begun };
  const [first, second = first] = values;
  const [last, step] = [values.length - 1, second - first];
  const even = { kind: 'even', first, step, ...counted } as const;
  if (values.every((value, i) => value === first + i * step)) return even;
  if (values.every((value, i) => i === last || value === first + i * step))
    return { ...even, but: { i: last, value: values[last] } };
  table.push(...values);
  return { kind: 'table', at: table.length - values.length, ...counted };
}

/** Values without those that come again: some times in a row, or in turn. */
function repeated(all: readonly number[]): Omit<Counted, 'begun'> & { readonly values: readonly number[] } {
  const { length } = all;
  const every = all.findIndex((value) => value !== all[0]);
  const inRows = every > 1 && length % every === 0 && all.every((v, i) => v === all[i - (i % every)]);
  if (inRows) return { values: all.filter((_, i) => i % every === 0), every, round: 0 };
  const again = all.indexOf(all[0], 1);
  const inTurn = again > 0 && length % again === 0 && all.every((v, i) => v === all[i % again]);
  return inTurn ? { values: all.slice(0, again), every: 1, round: again } : { values: all, every: 1, round: 0 };
}

const isArray = (argument: Argument): argument is Arr => typeof argument === 'object' && 'dtype' in argument;

/** A kernel for so many threads: what a call scribbles in by itself is there once for each. */
export const sharedBy = (threads: number, kernel: Kernel): Kernel => ({
  ...kernel,
  match(site) {
    const asked = new Map<Arr, Parameters<typeof site.scratch>>();
    const match = kernel.match({
      ...site,
      scratch(hint, dtype, length) {
        const array: Arr = { name: hint, dtype, length };
        asked.set(array, [hint, dtype, length]);
        return array;
      },
    });
    if (typeof match === 'string') return match;
    const made = new Map<Argument, Arr>();
    for (const [array, [hint, dtype, length]] of asked) {
      const users = usersOf(array, match.calls);
      if (users > 0) made.set(array, site.scratch(hint, dtype, users > 1 ? length : threads * lineUp(length)));
    }
    return { calls: match.calls.map((call) => ({ ...call, args: call.args.map((a) => made.get(a) ?? a) })) };
  },
});

const usersOf = (array: Arr, calls: readonly RoutineCall[]): number =>
  calls.filter(({ args }) => args.includes(array)).length;

/** Numbers to the end of a cache line: two threads never write to the same. */
const lineUp = (length: number): number => Math.ceil(length / 16) * 16;

/** Scratch that one call alone works in, of which each thread has its own. */
function ownScratch(
  { args }: RoutineCall,
  { work, writes }: Step,
  threads: number,
): readonly (readonly [number, Differing])[] {
  const calls = work.kind === 'routines' ? work.calls : [];
  const scratch = new Set(writes.slice(1));
  return args.flatMap((argument, i): readonly (readonly [number, Differing])[] => {
    if (!isArray(argument) || !scratch.has(argument)) return [];
    if (usersOf(argument, calls) > 1) return [];
    return [[i, { kind: 'own', step: (argument.length / threads) * bytesPer[argument.dtype] }]];
  });
}
