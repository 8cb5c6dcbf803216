/** Steps as threads run them together: every call with the share of the thread that runs it, and meetings in between. */
import { bug } from '../../src/diagnostic.ts';
import type { RoutineCall } from '../../src/plan/kernel.ts';
import type { Step } from '../../src/plan/plan.ts';
import type { Place } from './print-step.ts';
import { printCall } from './print-step.ts';
import { isCpuRoutine } from './routine.ts';
import type { Sharing } from './sharing.ts';
import { sharingOf } from './sharing.ts';

export interface Crew {
  /** The statement by which all threads wait for each other. */
  readonly meeting: string;
}

/** For each step its statements, one a line. `loops` are the statements of the steps that have no routines. */
export function printShared(
  steps: readonly Step[],
  loops: (index: number) => readonly string[],
  place: Place,
  { meeting }: Crew,
): readonly (readonly string[])[] {
  // What the first thread alone has written since the last meeting, it may read.
  let before: Sharing['kind'] | undefined;
  const meetings = (kind: Sharing['kind']): readonly string[] => {
    const none = before === undefined || (before === 'first' && kind === 'first');
    before = kind;
    return none ? [] : [meeting];
  };
  return steps.map((step, i) => {
    const { work } = step;
    if (work.kind === 'loops') {
      const met = meetings('first');
      const [head, ...rest] = loops(i);
      return [...met, `STEP(${i}) if (part == 0) ${head}`, ...rest];
    }
    const [first, ...others] = work.calls.map((call) => {
      const sharing = sharingOf(call, step);
      return { met: meetings(sharing.kind), code: printShare(call, sharing, place) };
    });
    const rest = others.flatMap(({ met, code }) => [...met, ...code]);
    return others.length === 0
      ? [...first.met, `STEP(${i}) ${first.code[0]}`, ...first.code.slice(1)]
      : [...first.met, `STEP(${i}) {`, ...[...first.code, ...rest].map((text) => `  ${text}`), '}'];
  });
}

function printShare(call: RoutineCall, sharing: Sharing, place: Place): readonly string[] {
  switch (sharing.kind) {
    case 'first': {
      const [head, ...rest] = printCall(call, place);
      return [`if (part == 0) ${head}`, ...rest];
    }
    case 'panels': {
      const { images, pixels } = sharing;
      const at = (part: string): string => `first_panel(${images}, ${pixels}, ${part}, parts)`;
      const { routine } = call;
      if (!isCpuRoutine(routine)) return bug(`routine "${routine.name}" names no members`);
      // In a struct within the struct, perhaps.
      const ends = routine.members.split(' ').filter((name) => /(^|\.)(begin|end)$/.test(name));
      const said = Object.fromEntries(ends.map((name) => [name, name.replace(/^.*\./, '')]));
      return within(at, printCall(call, place, (member) => said[member]));
    }
    case 'cells': {
      const { images, pixels, shares } = sharing;
      const list = `(const int32_t[]){${shares.join(', ')}}`;
      const at = (part: string): string =>
        `first_cell(${images}, ${pixels}, ${shares.length - 1}, ${list}, ${part}, parts)`;
      return within(at, printCall(call, place, { first_cell: 'begin', end_cell: 'end' }));
    }
    case 'stretch': {
      const { length, unit, count, steps } = sharing;
      const at = (part: string): string => `first_of(${length}, ${unit}, ${part}, parts)`;
      const { routine, args } = call;
      if (!isCpuRoutine(routine)) return bug(`routine "${routine.name}" names no members`);
      const members = routine.members.split(' ');
      const further = Object.entries(steps).flatMap(([name, step]): readonly (readonly [string, string])[] => {
        const array = args[members.indexOf(name)];
        if (typeof array !== 'object' || !('dtype' in array) || step === 0) return [];
        return [[name, `${place(array)} + begin${step === 1 ? '' : ` * ${step}`}`]];
      });
      return within(at, printCall(call, place, { ...Object.fromEntries(further), [count]: 'end - begin' }));
    }
  }
}

/** A call from `begin` to `end`, if there is anything between. */
const within = (at: (part: string) => string, [head, ...rest]: readonly string[]): readonly string[] => [
  '{',
  `  const int32_t begin = ${at('part')}, end = ${at('part + 1')};`,
  `  if (begin < end) ${head}`,
  ...rest.map((text) => `  ${text}`),
  '}',
];
