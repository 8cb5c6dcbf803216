/** One step of a plan as C: a call of a routine with its arguments named, or a function of its own with its loops. */
import { bug } from '../../src/diagnostic.ts';
import type { Arr, Expr, Stmt } from '../../src/loop/loop.ts';
import type { Argument, RoutineCall } from '../../src/plan/kernel.ts';
import type { Step } from '../../src/plan/plan.ts';
import { printLoops } from '../print.ts';
import { partNames } from './parts.ts';
import { identifierOf, parametersOf } from './routine.ts';
import { ctype, printNumber, syntax } from './syntax.ts';

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
    definition: `static void ${name}(${parameters.join(', ')}) {\n${body}\n}`,
    code: [`${name}(${arrays.map(place).join(', ')});`],
  };
}

/** Arguments to a line, as many as fit. */
function printCall({ routine, args }: RoutineCall, place: Place): readonly string[] {
  const name = identifierOf(routine);
  const parameters = parametersOf(routine);
  if (parameters.length !== args.length) bug(`routine "${routine.name}" takes ${parameters.length} arguments`);
  const lines: string[] = [];
  args.forEach((argument, i) => {
    const field = `.${parameters[i]} = ${printArgument(argument, place)},`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + field.length < 110) lines[lines.length - 1] = `${last} ${field}`;
    else lines.push(`  ${field}`);
  });
  return [`${name}(&(const struct ${name}){`, ...lines, '});'];
}

function printArgument(argument: Argument, place: Place): string {
  if (typeof argument === 'number') return printNumber(argument, 'i32');
  return 'f32' in argument ? printNumber(argument.f32, 'f32') : place(argument);
}

/** Names of the C library that compilers know, and our own. */
const reserved: readonly string[] = [
  ...partNames,
  ...['acos', 'cos', 'erf', 'exp', 'gamma', 'index', 'j0', 'j1', 'jn', 'log', 'pow', 'sin', 'tanh', 'y0', 'y1', 'yn'],
  ...['double', 'float', 'int', 'for', 'if', 'do', 'else', 'const', 'static', 'inline', 'restrict'],
];

/** Every array that statements touch, in the order of the first touch. */
function arraysIn(body: readonly Stmt[]): readonly Arr[] {
  const found = new Set<Arr>();
  const look = (e: Expr): void => {
    switch (e.kind) {
      case 'load':
        found.add(e.array);
        return look(e.index);
      case 'unary':
      case 'cast':
        return look(e.of);
      case 'binary':
        return [e.left, e.right].forEach(look);
      case 'select':
        return [e.condition, e.yes, e.no].forEach(look);
      default:
        return undefined;
    }
  };
  const visit = (s: Stmt): void => {
    switch (s.kind) {
      case 'for':
        [s.from, s.to].forEach(look);
        return s.body.forEach(visit);
      case 'if':
        look(s.condition);
        return s.body.forEach(visit);
      case 'let':
      case 'set':
        return look(s.value);
      case 'store':
        found.add(s.array);
        return [s.index, s.value].forEach(look);
    }
  };
  body.forEach(visit);
  return [...found];
}
