/** Routines of the cpu target: C functions that take one struct, so that every argument is named where it is given. */
import { bug } from '../../src/diagnostic.ts';
import type { Argument, Routine, RoutineCall } from '../../src/plan/kernel.ts';

export interface CpuRoutine<Parameter extends string = string> extends Routine {
  /** Members of `struct NAME`, which the template defines beside `static void NAME(const struct NAME *p)`. */
  readonly parameters: readonly Parameter[];
}

export type Arguments<Parameter extends string> = Readonly<Record<Parameter, Argument>>;

export const call = <P extends string>(routine: CpuRoutine<P>, args: Arguments<P>): RoutineCall => ({
  routine,
  args: routine.parameters.map((parameter) => args[parameter]),
});

/** The identifier of a routine in C. */
export const identifierOf = ({ name }: Routine): string => name.replaceAll('-', '_');

export const parametersOf = (routine: Routine): readonly string[] =>
  'parameters' in routine ? (routine as CpuRoutine).parameters : bug(`routine "${routine.name}" names no parameters`);

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
