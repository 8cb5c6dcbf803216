/** Steps as threads run them together: every call with the share of the thread that runs it, and meetings in between. */
import type { RoutineCall } from '../../src/plan/kernel.ts';
import type { Step } from '../../src/plan/plan.ts';
import type { Place } from './print-step.ts';
import { printCall } from './print-step.ts';
import { innermost, membersOf } from './routine.ts';
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
  const { routine, args } = call;
  const members = membersOf(routine);
  /** The call from where the share of a part begins to where that of the next does, if there is anything between. */
  const between = (at: (part: string) => string, said: Readonly<Record<string, string>>): readonly string[] => {
    const [head, ...rest] = printCall(call, place, (member) => said[member]);
    const ends = `const int32_t begin = ${at('part')}, end = ${at('part + 1')};`;
    return ['{', `  ${ends}`, `  if (begin < end) ${head}`, ...rest.map((text) => `  ${text}`), '}'];
  };
  switch (sharing.kind) {
    case 'first': {
      const [head, ...rest] = printCall(call, place);
      return [`if (part == 0) ${head}`, ...rest];
    }
    case 'panels': {
      const { images, pixels } = sharing;
      const ends = members.filter((name) => ['begin', 'end'].includes(innermost(name)));
      const said = Object.fromEntries(ends.map((name) => [name, innermost(name)]));
      return between((part) => `first_panel(${images}, ${pixels}, ${part}, parts)`, said);
    }
    case 'cells': {
      const { images, pixels, shares } = sharing;
      const cells = `${shares.length - 1}, (const int32_t[]){${shares.join(', ')}}`;
      const at = (part: string): string => `first_cell(${images}, ${pixels}, ${cells}, ${part}, parts)`;
      return between(at, { first_cell: 'begin', end_cell: 'end' });
    }
    case 'stretch': {
      const { length, unit, count, steps } = sharing;
      const further = Object.entries(steps).flatMap(([name, step]): readonly (readonly [string, string])[] => {
        const array = args[members.indexOf(name)];
        if (typeof array !== 'object' || !('dtype' in array) || step === 0) return [];
        return [[name, `${place(array)} + begin${step === 1 ? '' : ` * ${step}`}`]];
      });
      const said = { ...Object.fromEntries(further), [count]: 'end - begin' };
      return between((part) => `first_of(${length}, ${unit}, ${part}, parts)`, said);
    }
  }
}
