/** One step of a plan as C: a call of a routine with its arguments named, or a function of its own with its loops. */
import { bug } from '../../src/diagnostic.ts';
import type { Arr } from '../../src/loop/loop.ts';
import type { Argument, RoutineCall } from '../../src/plan/kernel.ts';
import type { Step } from '../../src/plan/plan.ts';
import { arraysIn } from '../arrays.ts';
import { ctype, printNumber } from '../c.ts';
import { printLoops } from '../print.ts';
import { partNames } from './parts.ts';
import { identifierOf, isCpuRoutine, membersOf } from './routine.ts';
import { syntax } from './syntax.ts';

/** How the function that runs the network calls an array. */
export type Place = (array: Arr) => string;

export interface PrintedStep {
  /** A function that the step needs for itself. */
  readonly definition: string | undefined;
  /** Statements, one a line. */
  readonly code: readonly string[];
}

export function printStep({ call, work, writes }: Step, index: number, place: Place): PrintedStep {
  if (work.kind === 'routines') return { definition: undefined, code: work.calls.flatMap((c) => printCall(c, place)) };
  const name = `step_${index}_${call.op.kind.replaceAll('-', '_')}`;
  const written = new Set(writes);
  const arrays = arraysIn(work.body);
  const parameters = arrays.map((a) => `${written.has(a) ? '' : 'const '}${ctype[a.dtype]} *restrict ${a.name}`);
  const body = printLoops(work.body, syntax, { reserved: [...reserved, ...arrays.map((a) => a.name)], indent: '  ' });
  return {
    definition: `static void ${name}(${wrapped(parameters, name.length + 13)}) {\n${body}\n}`,
    code: [`${name}(${arrays.map(place).join(', ')});`],
  };
}

/** Words with commas between, on further lines below the first where one line is too short. */
function wrapped(words: readonly string[], indent: number): string {
  const lines = [''];
  for (const word of words) {
    const last = lines[lines.length - 1];
    if (last !== '' && indent + last.length + word.length > 110) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last}, ${word}`;
  }
  return lines.join(`,\n${' '.repeat(indent)}`);
}

/** Arguments to a line, as many as fit. Members may be said otherwise than the call does. */
export function printCall(
  { routine, args }: RoutineCall,
  place: Place,
  said: (member: string) => string | undefined = () => undefined,
): readonly string[] {
  if (!isCpuRoutine(routine)) return bug(`routine "${routine.name}" names no members`);
  const members = membersOf(routine);
  const lines: string[] = [];
  args.forEach((argument, i) => {
    // Members that are not named are 0.
    const otherwise = said(members[i]);
    if (argument === 0 && otherwise === undefined) return;
    const field = `.${members[i]} = ${otherwise ?? printArgument(argument, place)},`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + field.length < 110) lines[lines.length - 1] = `${last} ${field}`;
    else lines.push(`  ${field}`);
  });
  return [`${identifierOf(routine)}(&(const struct ${routine.struct}){`, ...lines, '});'];
}

function printArgument(argument: Argument, place: Place): string {
  if (typeof argument === 'number') return printNumber(argument, 'i32');
  return 'f32' in argument ? printNumber(argument.f32, 'f32') : place(argument);
}

/** Names of the C library that compilers know, and our own. */
const reserved: readonly string[] = [
  ...partNames,
  ...[
    'acos',
    'cos',
    'erf',
    'exp',
    'fmodf',
    'gamma',
    'index',
    'j0',
    'j1',
    'jn',
    'log',
    'pow',
    'sin',
    'tanh',
    'y0',
    'y1',
    'yn',
  ],
  ...['double', 'float', 'int', 'for', 'if', 'do', 'else', 'const', 'static', 'inline', 'restrict'],
];
