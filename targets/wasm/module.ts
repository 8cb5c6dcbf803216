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
import { printChain } from './chains.ts';
import type { InstructionSet } from './instructions.ts';
import { portable } from './instructions.ts';
import type { MemoryMap } from './memory.ts';
import { printLoops } from './print-wat.ts';
import type { Wat } from './text.ts';
import { identifierOf, lines, literal } from './text.ts';
import type { Control } from './threads/control.ts';
import { sharedText } from './threads/print-tasks.ts';
import { warmingCalls } from './warm.ts';

/** What modules of code alone import their memory as, and the sections of the whole one that carry them. */
export const memoryImport = ['espalier', 'memory'] as const;
export const relaxedSection = 'espalier.relaxed';
/** For memory that threads share, which is never that of the whole module. */
export const portableSection = 'espalier.portable';

export interface ModuleOptions {
  /** With the memory and what it holds at first. */
  readonly whole?: boolean;
  /** Steps that threads share, in code alone. */
  readonly control?: Control | undefined;
}

/** The module with all that there is, or one of code alone. */
export function moduleText(
  plan: Plan,
  map: MemoryMap,
  set: InstructionSet,
  render: Render,
  { whole = set.name !== 'relaxed', control }: ModuleOptions = {},
): string {
  const apart = whole && map.beside.length > 0;
  const expansions = whole ? map.expansions : [];
  const place = (array: Arr): number => map.places.get(array) ?? bug(`"${array.name}" has no place in memory`);
  const loops = plan.steps.flatMap((step) => (step.work.kind === 'loops' ? [printFunction(step, place)] : []));
  const called = [...expansions, ...plan.steps.flatMap(({ work }) => (work.kind === 'routines' ? work.calls : []))];
  const needs = [...called.map((c) => c.routine), ...loops.flatMap((f) => f.needs)];
  const routines = closure(needs).map((r) => ({ name: r.name, text: textOf(r, set, render) }));
  const signatures = new Map(routines.map(({ name, text }) => [name, parametersOf(text)]));
  const namesOf = ({ routine }: RoutineCall): readonly string[] => signatures.get(routine.name) ?? [];
  const print = (call: RoutineCall, said?: Said): Wat => printCall(call, place, namesOf(call), said);
  const printed = (calls: readonly RoutineCall[]): readonly string[] => calls.flatMap((call) => lines(print(call)));
  const chains = plan.chains.map(({ first, last, ...rest }) => {
    const names = { place, parameters: namesOf };
    const about = `A band of steps ${first} to ${last}.`;
    return { first, last, about, ...printChain({ first, last, ...rest }, plan, names) };
  });
  const run = (step: Step, i: number): readonly string[] => {
    const chain = chains.find(({ first, last }) => i >= first && i <= last);
    if (chain) return i === chain.last ? chain.calls.flatMap((call) => lines(call)) : [];
    return step.work.kind === 'routines' ? printed(step.work.calls) : [`(call $step_${step.call.id})`];
  };
  const shared =
    control &&
    sharedText(control, render, ({ call }, step, said) =>
      call ? print(call, said) : ['call', `$step_${plan.steps[step].call.id}`],
    );

  return render('wasm/module.wat.hbs', {
    name: plan.name,
    head: whole
      ? [
          '',
          ' Memory: address and size in bytes, array, contents. Arrays of the arena share memory in turn.',
          ...printPlaces(plan, map).map((line) => ` ${line}`),
        ]
      : ['', ` The same steps ${about(set, control, plan.name)}, which carries this module.`],
    memory: whole
      ? `(memory (export "memory") ${map.pages} ${map.pages})`
      : `(memory (import ${memoryImport.map((word) => `"${word}"`).join(' ')}) ${map.pages} ${map.pages})`,
    imports: shared ? [shared.imports] : [],
    routines: [...routines.map(({ text }) => text), ...(shared ? [shared.routines] : [])].map((text) =>
      indent(text.split('\n')),
    ),
    steps: [...loops, ...chains.map(({ about, definition }) => ({ comment: about, text: indent(lines(definition)) }))],
    // A list of at most one, so that a module without has no start.
    init: expansions.length === 0 && !apart ? [] : [{ text: indent(printed(expansions), '    '), ...started(apart) }],
    warm: indent(printed(warmingCalls(plan)), '    '),
    inference: shared?.head ?? [';; One inference.', '(func (export "run")'],
    calls: plan.steps.map((step, i) => ({
      comment: visible(step.line),
      text: indent(shared ? shared.steps[i] : run(step, i), '    '),
    })),
  });
}

/** What a module of code alone differs in from the one that carries it. */
const about = (set: InstructionSet, control: Control | undefined, name: string): string =>
  [
    ...(set.name === 'relaxed' ? ['in relaxed SIMD,'] : []),
    control ? 'as tasks for threads, on memory like that' : 'on the memory',
    `of ${name}.wasm`,
  ].join(' ');

const textOf = ({ name, template, view }: Routine, { words, instead }: InstructionSet, render: Render): string =>
  render(instead?.[name] ?? template, { ...view, ...words }).trimEnd();

/** The parameters of a routine, in order. */
export const parametersBy =
  (render: Render) =>
  ({ routine }: RoutineCall): readonly string[] =>
    parametersOf(textOf(routine, portable, render));

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

/** What stands in place of an argument, if anything does: `from` is an array's address, and 0 for a number. */
type Said = (at: number, from: number) => Wat | undefined;

/** Each argument with what it is: the array's name, or the parameter's. */
function printCall(
  { routine, args }: RoutineCall,
  place: (array: Arr) => number,
  names: readonly string[],
  said: Said = () => undefined,
): Wat {
  const argument = (a: Argument, i: number): Wat => {
    const [name = ''] = [names[i]];
    if (typeof a === 'number') return noted(said(i, 0) ?? ['i32.const', String(a | 0)], name);
    if ('f32' in a) return noted(['f32.const', literal('f32', a.f32)], name);
    return noted(said(i, place(a)) ?? ['i32.const', String(place(a))], a.name);
  };
  return ['call', `$${identifierOf(routine)}`, ...args.map(argument)];
}

const noted = (value: Wat, name: string): Wat => [...value, `(; ${name} ;)`];

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
