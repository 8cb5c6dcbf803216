/** Routines of the cpu target: C functions that take one struct, so that every argument is named where it is given. */
import { bug } from '../../src/diagnostic.ts';
import type { Argument, Routine, RoutineCall } from '../../src/plan/kernel.ts';

/** The words of a text: 'a b' → 'a' | 'b'. */
export type Words<Text extends string, Before = never> = Text extends `${infer First} ${infer Rest}`
  ? Words<Rest, Before | First>
  : Before | Text;

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

/**
 * For routines that are given less than all of something where threads share them: what a template reads all from, the
 * member that it has more, and that member.
 */
export const beside = <M extends string>({ threads = 1 }: { readonly threads?: number }, member: M, all: number) =>
  threads > 1
    ? { view: { all: 'all', more: ', all' }, members: ' all' as const, given: { all } }
    : { view: { all: member, more: '' }, members: '' as const, given: {} };

export type Beside = ReturnType<typeof beside>;

/** The identifier of a routine in C. */
export const identifierOf = ({ name }: Routine): string => name.replaceAll('-', '_');

export const isCpuRoutine = (routine: Routine): routine is CpuRoutine => 'struct' in routine && 'members' in routine;

/** The members of the struct that a routine takes, in the order of its arguments. */
export const membersOf = (routine: Routine): readonly string[] =>
  isCpuRoutine(routine) ? routine.members.split(' ') : bug(`routine "${routine.name}" names no members`);

/** What a member is called in the struct that it stands in, which may be one within the struct. */
export const innermost = (member: string): string => member.slice(member.lastIndexOf('.') + 1);

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
