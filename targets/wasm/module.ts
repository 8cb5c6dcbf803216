/** A plan as one module of WebAssembly text: a function a step, and `run` that calls them in order. */
import { bug, visible } from '../../src/diagnostic.ts';
import type { Arr } from '../../src/loop/loop.ts';
import type { Argument, Routine, RoutineCall } from '../../src/plan/kernel.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import type { Render } from '../../src/target.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import type { MemoryMap } from './memory.ts';
import { printLoops } from './print-wat.ts';
import type { Wat } from './text.ts';
import { lines, literal } from './text.ts';

export function moduleText(plan: Plan, map: MemoryMap, render: Render): string {
  const place = (array: Arr): number => map.places.get(array) ?? bug(`"${array.name}" has no place in memory`);
  const needs = new Set<Routine>(map.expansions.map((c) => c.routine));
  const steps = plan.steps.map((step) => {
    const printed = printStep(step, place);
    for (const routine of printed.needs) needs.add(routine);
    return printed;
  });
  return render('wasm/module.wat.hbs', {
    name: plan.name,
    pages: map.pages,
    places: printPlaces(plan, map),
    routines: closure(needs).map((r) => indent(render(r.template, r.view).trimEnd().split('\n'))),
    steps: steps.flatMap(({ text }) => text),
    init: initText(map, place),
    calls: steps.map(({ comment, calls }) => ({ comment, text: indent(calls, '    ') })),
  });
}

interface PrintedStep {
  readonly comment: string;
  /** The function that holds the loops, if it has any. */
  readonly text: readonly { readonly comment: string; readonly text: string }[];
  readonly calls: readonly string[];
  readonly needs: readonly Routine[];
}

function printStep({ call, line, work }: Step, place: (array: Arr) => number): PrintedStep {
  const comment = visible(line);
  if (work.kind === 'routines') {
    const calls = work.calls.flatMap((c) => lines(printCall(c, place)));
    return { comment, text: [], calls, needs: work.calls.map((c) => c.routine) };
  }
  const { locals, body, needs } = printLoops(work.body, place);
  const text = indent(lines(['func', `$step_${call.id}`, ...locals, ...body]));
  return { comment, text: [{ comment, text }], calls: [`(call $step_${call.id})`], needs };
}

function printCall({ routine, args }: RoutineCall, place: (array: Arr) => number): Wat {
  return ['call', `$${identifier(routine)}`, ...args.map((a) => argument(a, place))];
}

function argument(a: Argument, place: (array: Arr) => number): Wat {
  if (typeof a === 'number') return ['i32.const', String(a | 0)];
  if ('f32' in a) return ['f32.const', literal('f32', a.f32)];
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

/** A list of at most one function, so that a template can leave it out. */
function initText({ expansions }: MemoryMap, place: (array: Arr) => number): readonly { readonly text: string }[] {
  if (expansions.length === 0) return [];
  return [
    {
      text: indent(
        expansions.flatMap((c) => lines(printCall(c, place))),
        '    ',
      ),
    },
  ];
}

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
