/** Routines of the cpu target: C functions that take one struct, so that every argument is named where it is given. */
import type { Argument, Routine, RoutineCall } from '../../src/plan/kernel.ts';

/** The words of a text: 'a b' → 'a' | 'b'. */
export type Words<Text extends string> = Text extends `${infer First} ${infer Rest}` ? First | Words<Rest> : Text;

export interface CpuRoutine<Members extends string = string> extends Routine {
  /** The struct that it takes: `static void NAME(const struct STRUCT *p)`. A template defines it. */
  readonly struct: string;
  /** Members of the struct, with spaces between. */
  readonly members: Members;
}

/** A call with every member given by name. */
export const call = <M extends string>(
  routine: CpuRoutine<M>,
  members: Readonly<Record<Words<M>, Argument>>,
): RoutineCall => ({
  routine,
  args: routine.members.split(' ').map((name) => members[name as Words<M>]),
});

/** The identifier of a routine in C. */
export const identifierOf = ({ name }: Routine): string => name.replaceAll('-', '_');

export const isCpuRoutine = (routine: Routine): routine is CpuRoutine => 'struct' in routine && 'members' in routine;

/** Every routine once, after those that it calls. */
export function inOrder(routines: readonly Routine[]): readonly Routine[] {
  const done = new Map<string, Routine>();
  const visit = (routine: Routine): void => {
    if (done.has(routine.name)) return;
    for (const needed of routine.needs) visit(needed);
    done.set(routine.name, routine);
  };
  for (const routine of routines) visit(routine);
  return [...done.values()];
}
