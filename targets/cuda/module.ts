/** The kernels of a plan, and its launches in order. */
import { bug } from '../../src/diagnostic.ts';
import type { Arr } from '../../src/loop/loop.ts';
import type { Argument, Routine, RoutineCall } from '../../src/plan/kernel.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import type { Render } from '../../src/target.ts';
import { ctype, printNumber } from '../c.ts';
import { launchesOf } from '../gpu/launches.ts';
import { functionName, wrapped } from './kernel.ts';
import { printLaunch, threadsPerBlock } from './print-grid.ts';

export interface Module {
  /** Functions of routines, in an order in which each comes after those that it calls; then the kernels. */
  readonly functions: readonly string[];
  readonly kernels: readonly string[];
  readonly steps: readonly PrintedStep[];
  /** Kernels with more shared memory than a launch may ask for by itself, and how much that is. */
  readonly largest: readonly { readonly name: string; readonly bytes: number }[];
}

export interface PrintedStep {
  readonly line: string;
  /** Expressions, each a launch that gives a `cudaError_t`. */
  readonly launches: readonly string[];
}

/** Where an array is on the device: an expression that is a pointer to bytes. */
export type Place = (array: Arr) => string;

/** What a launch may ask for without a word. */
const plentyShared = 48 * 1024;

export function moduleOf(plan: Plan, place: Place, render: Render): Module {
  const functions = new Map<string, string>();
  const kernels = new Map<string, string>();
  const grids = new Map<string, string>();
  const shared = new Map<string, number>();
  const counted = new Map<string, number>();
  const textOf = (r: Routine): string => render(r.template, { ...r.view, name: functionName(r.name) }).trim();
  const need = (routine: Routine): void => {
    if (functions.has(routine.name)) return;
    routine.needs.forEach(need);
    functions.set(routine.name, textOf(routine));
  };

  const calledAs = (call: RoutineCall): string => {
    const { routine } = call;
    const name = functionName(routine.name);
    routine.needs.forEach(need);
    if (!kernels.has(name)) kernels.set(name, textOf(routine));
    shared.set(name, Math.max(shared.get(name) ?? 0, call.shared ?? 0));
    const { groups, threads = bug(`"${routine.name}" is called for no threads`) } = call;
    const blocks = groups ?? bug(`"${routine.name}" is called for no groups`);
    return launchOf(
      name,
      blocks,
      threads,
      call.shared ?? 0,
      call.args.map((a) => argumentText(a, place)),
    );
  };

  const steps = plan.steps.map((step): PrintedStep => {
    const { line, work } = step;
    if (work.kind === 'routines') return { line, launches: work.calls.map(calledAs) };
    const launches = launchesOf(work.body).map((launch) => {
      const { parameters, body, arrays, blocks } = printLaunch(launch, work.body);
      const text = `(${parameters}) {\n${body}\n}`;
      const name = grids.get(text) ?? nameFor(step, counted);
      // Steps that differ in where their arrays lie share a kernel.
      grids.set(text, name);
      kernels.set(
        name,
        render('cuda/grid.cu.hbs', { name, parameters: wrapped(parameters.split(', ')), body, threadsPerBlock }).trim(),
      );
      return launchOf(
        name,
        [blocks],
        threadsPerBlock,
        0,
        arrays.map((a) => pointerText(a, place)),
      );
    });
    return { line, launches };
  });

  return {
    functions: [...functions.values()],
    kernels: [...kernels.values()],
    steps,
    largest: Array.from(shared, ([name, bytes]) => ({ name, bytes })).filter(({ bytes }) => bytes > plentyShared),
  };
}

/** Those of one operator are numbered. */
function nameFor({ call }: Step, counted: Map<string, number>): string {
  const kind = call.op.kind.replaceAll('-', '_');
  const number = counted.get(kind) ?? 0;
  counted.set(kind, number + 1);
  return `${kind}_loops_${number}`;
}

/** Along one dimension of a grid, but for the first. */
const mostBlocks = 65535;

function launchOf(
  name: string,
  blocks: readonly number[],
  threads: number,
  shared: number,
  args: readonly string[],
): string {
  const [x, y = 1, z = 1] = blocks;
  if (y > mostBlocks || z > mostBlocks) bug(`"${name}" is launched for ${blocks.join(' x ')} blocks`);
  const grid = y * z === 1 ? String(x) : `dim3(${x}, ${y}, ${z})`;
  return `launch(${wrapped([`stream, ${grid}, ${threads}, ${shared}, ${name}`, ...args], 100)})`;
}

const pointerText = (array: Arr, place: Place): string => `(${ctype[array.dtype]} *)(${place(array)})`;

function argumentText(argument: Argument, place: Place): string {
  if (typeof argument === 'number') return printNumber(argument, 'i32');
  return 'f32' in argument ? printNumber(argument.f32, 'f32') : pointerText(argument, place);
}
