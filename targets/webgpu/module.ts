/** A plan as WGSL: an entry point for each shader, and the calls of a run in order, with what each is told. */
import { bug } from '../../src/diagnostic.ts';
import type { Arr } from '../../src/loop/loop.ts';
import type { Argument, Routine, RoutineCall } from '../../src/plan/kernel.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import type { Render } from '../../src/target.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import { launchesOf } from '../gpu/launches.ts';
import type { Places } from '../gpu/places.ts';
import { printLaunch } from './print-grid.ts';
import { functionName } from './print-wgsl.ts';

export interface Module {
  readonly text: string;
  readonly entries: readonly Entry[];
  readonly calls: readonly Dispatch[];
  /** Bytes of workgroup memory and invocations that the largest of the groups take. */
  readonly needs: Needs;
}

export interface Needs {
  readonly groupBytes: number;
  readonly groupSize: number;
}

/** A shader: a name of ours, and the line of the text that its part begins on, from 1. */
export interface Entry {
  readonly name: string;
  readonly line: number;
}

export interface Dispatch {
  /** Which of the entries. */
  readonly entry: number;
  readonly groups: readonly number[];
  /** Words: where arrays begin, in elements, and numbers. */
  readonly args: readonly number[];
  readonly step: Step;
}

interface Use extends Omit<Dispatch, 'entry'> {
  readonly name: string;
}

export function moduleOf(plan: Plan, places: Places, render: Render): Module {
  const helpers = new Map<string, Routine>();
  const shaders = new Map<string, string>();
  const loops = new Map<string, string>();
  const uses: Use[] = [];
  const need = (routine: Routine): void => {
    if (helpers.has(routine.name)) return;
    helpers.set(routine.name, routine);
    routine.needs.forEach(need);
  };

  for (const step of plan.steps) {
    if (step.work.kind === 'routines')
      for (const call of step.work.calls) {
        const { routine } = call;
        const name = functionName(routine);
        if (!shaders.has(name)) shaders.set(name, render(routine.template, { ...routine.view, name }).trimEnd());
        routine.needs.forEach(need);
        uses.push({ name, groups: groupsOf(call), args: call.args.map((a) => wordOf(a, places)), step });
      }
    else
      for (const launch of launchesOf(step.work.body)) {
        const { text, needs, arrays, groups } = printLaunch(launch, step.work.body, places);
        needs.forEach(need);
        // Steps that differ in where their arrays lie share a shader.
        const name = loops.get(text) ?? `${step.call.op.kind.replaceAll('-', '_')}_${loops.size}`;
        loops.set(text, name);
        if (!shaders.has(name)) shaders.set(name, render('webgpu/grid.wgsl.hbs', { name, text }).trimEnd());
        uses.push({ name, groups, args: arrays.map((array) => elementOf(array, places)), step });
      }
  }
  return assemble(helpers, shaders, uses, render);
}

function assemble(
  helpers: ReadonlyMap<string, Routine>,
  shaders: ReadonlyMap<string, string>,
  uses: readonly Use[],
  render: Render,
): Module {
  const sorted = [...helpers.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const functions = sorted.map((r) => render(r.template, { ...r.view, name: functionName(r) }).trimEnd());
  const texts = [...functions, ...shaders.values()];
  const text = render('webgpu/module.wgsl.hbs', { parts: texts.map((part) => ({ text: part })) });
  const entries = Array.from(shaders, ([name, part]) => ({ name, line: lineOf(text, part) }));
  const placeOf = new Map(entries.map(({ name }, i) => [name, i]));
  const calls = uses.map(({ name, ...call }) => ({ entry: placeOf.get(name) ?? bug(`no shader "${name}"`), ...call }));
  return { text, entries, calls, needs: needsOf([...shaders.values()], functions) };
}

const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split('\n').length;

/** As the shaders say themselves. */
function needsOf(shaders: readonly string[], helpers: readonly string[]): Needs {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
  const words = (text: string): number =>
    sum(Array.from(text.matchAll(groupArray), ([, several, count]) => Number(several ?? 1) * Number(count)));
  const sizes = shaders.flatMap((text) =>
    Array.from(text.matchAll(/@workgroup_size\((\d+)\)/g), ([, size]) => Number(size)),
  );
  return {
    groupBytes: 4 * (Math.max(0, ...shaders.map(words)) + sum(helpers.map(words))),
    groupSize: Math.max(1, ...sizes),
  };
}

/** Of words, or of several of them. */
const groupArray = /var<workgroup> \w+: array<(?:vec(\d)<)?\w+>?, (\d+)>/g;

function groupsOf({ routine, groups }: RoutineCall): readonly number[] {
  return groups ?? bug(`"${routine.name}" is called for no groups`);
}

function elementOf(array: Arr, { at }: Places): number {
  const { offset } = at.get(array) ?? bug(`"${array.name}" has no place`);
  return offset / bytesPer[array.dtype];
}

const word = new DataView(new ArrayBuffer(4));

function wordOf(argument: Argument, places: Places): number {
  if (typeof argument === 'number') return argument | 0;
  if (!('f32' in argument)) return elementOf(argument, places);
  word.setFloat32(0, argument.f32);
  return word.getInt32(0);
}
