/**
 * A plan as WebAssembly text: a function a step, `run` that calls them in order, and `warm` for the time of loading. The
 * portable module has the memory and what it holds at first; the relaxed one is code alone, for the same memory.
 */
import { bug, visible } from '../../src/diagnostic.ts';
import type { Arr } from '../../src/loop/loop.ts';
import type { Argument, Routine, RoutineCall } from '../../src/plan/kernel.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import type { Render } from '../../src/target.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import type { InstructionSet } from './instructions.ts';
import type { MemoryMap } from './memory.ts';
import { printLoops } from './print-wat.ts';
import type { Wat } from './text.ts';
import { lines, literal } from './text.ts';
import { warmingCalls } from './warm.ts';

/** What the relaxed module imports its memory as, and the section of the portable one that carries it. */
export const memoryImport = ['espalier', 'memory'] as const;
export const relaxedSection = 'espalier.relaxed';

/** `whole`: with the memory and what it holds at first. */
export function moduleText(
  plan: Plan,
  map: MemoryMap,
  set: InstructionSet,
  render: Render,
  { whole = set.name === 'portable' } = {},
): string {
  const apart = whole && map.beside.length > 0;
  const expansions = whole ? map.expansions : [];
  const place = (array: Arr): number => map.places.get(array) ?? bug(`"${array.name}" has no place in memory`);
  const loops = plan.steps.flatMap((step) => (step.work.kind === 'loops' ? [printFunction(step, place)] : []));
  const called = [...expansions, ...plan.steps.flatMap(({ work }) => (work.kind === 'routines' ? work.calls : []))];
  const needs = [...called.map((c) => c.routine), ...loops.flatMap((f) => f.needs)];
  const routines = closure(needs).map((r) => ({
    name: r.name,
    text: render(r.template, { ...r.view, ...set.words }).trimEnd(),
  }));
  const signatures = new Map(routines.map(({ name, text }) => [name, parametersOf(text)]));
  const printed = (calls: readonly RoutineCall[]): readonly string[] =>
    calls.flatMap((call) => lines(printCall(call, place, signatures.get(call.routine.name) ?? [])));

  return render('wasm/module.wat.hbs', {
    name: plan.name,
    head: whole
      ? [
          '',
          ' Memory: address and size in bytes, array, contents. Arrays of the arena share memory in turn.',
          ...printPlaces(plan, map).map((line) => ` ${line}`),
        ]
      : ['', ` The same steps in relaxed SIMD, on the memory of ${plan.name}.wasm, which carries this module.`],
    memory: whole
      ? `(memory (export "memory") ${map.pages} ${map.pages})`
      : `(memory (import ${memoryImport.map((word) => `"${word}"`).join(' ')}) ${map.pages} ${map.pages})`,
    routines: routines.map(({ text }) => indent(text.split('\n'))),
    steps: loops,
    // A list of at most one, so that a module without has no start.
    init: expansions.length === 0 && !apart ? [] : [{ text: indent(printed(expansions), '    '), ...started(apart) }],
    warm: indent(printed(warmingCalls(plan)), '    '),
    calls: plan.steps.map(({ call, line, work }) => ({
      comment: visible(line),
      text: indent(work.kind === 'routines' ? printed(work.calls) : [`(call $step_${call.id})`], '    '),
    })),
  });
}

/** Where weights come as a file, their loader says when they are there. */
const started = (apart: boolean) =>
  apart
    ? { when: 'when the weights are there', head: '(export "init")', tail: '' }
    : { when: 'the module is started by it', head: '$init', tail: '\n  (start $init)' };

/** The loops of a step as a function. */
function printFunction({ call, line, work }: Step, place: (array: Arr) => number) {
  const { locals, body, needs } = printLoops(work.kind === 'loops' ? work.body : [], place);
  const text = indent(lines(['func', `$step_${call.id}`, ...locals, ...body]));
  return { comment: visible(line), text, needs };
}

/** The names of the parameters of the first function of a text, in order. */
const parametersOf = (text: string): readonly string[] =>
  Array.from((/\(func \$\w+((?:\s*\(param \$\w+ \w+\))*)/.exec(text)?.[1] ?? '').matchAll(/\$(\w+)/g), (m) => m[1]);

/** Each argument with what it is: the array's name, or the parameter's. */
function printCall({ routine, args }: RoutineCall, place: (array: Arr) => number, names: readonly string[]): Wat {
  return ['call', `$${identifier(routine)}`, ...args.map((a, i) => argument(a, place, names[i]))];
}

function argument(a: Argument, place: (array: Arr) => number, name = ''): Wat {
  if (typeof a === 'number') return ['i32.const', String(a | 0), `(; ${name} ;)`];
  if ('f32' in a) return ['f32.const', literal('f32', a.f32), `(; ${name} ;)`];
  return ['i32.const', String(place(a)), `(; ${a.name} ;)`];
}

const identifier = ({ name }: Routine): string => name.replaceAll('-', '_');

/** With all that they need, each once, in the order of their names. */
function closure(roots: Iterable<Routine>): readonly Routine[] {
  const byName = new Map<string, Routine>();
  const visit = (routine: Routine): void => {
    const known = byName.get(routine.name);
    if (known && known !== routine && !sameRoutine(known, routine)) bug(`two routines are called "${routine.name}"`);
    if (known) return;
    byName.set(routine.name, routine);
    routine.needs.forEach(visit);
  };
  for (const routine of roots) visit(routine);
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const sameRoutine = (a: Routine, b: Routine): boolean =>
  a.template === b.template && JSON.stringify(a.view) === JSON.stringify(b.view);

function printPlaces({ inputs, outputs, constants, arena }: Plan, { places }: MemoryMap): readonly string[] {
  const row = (array: Arr, what: string): string => {
    const at = String(places.get(array) ?? 0).padStart(10);
    return `${at} ${String(array.length * bytesPer[array.dtype]).padStart(9)}  ${array.name}: ${what}`;
  };
  const what = ({ dtype, length }: Arr): string => `${dtype} x ${length}`;
  return [
    ...inputs.map((p) => row(p.array, `input ${visible(JSON.stringify(p.name))}, ${what(p.array)}`)),
    ...constants.map((c) => row(c.array, `constant, ${what(c.array)}${c.stored ? ', expanded at load' : ''}`)),
    ...outputs.map((p) => row(p.array, `output ${visible(JSON.stringify(p.name))}, ${what(p.array)}`)),
    ...Array.from(arena.places.keys(), (a) => row(a, what(a))),
  ];
}

const indent = (text: readonly string[], by = '  '): string =>
  text.map((line) => (line === '' ? '' : by + line)).join('\n');
