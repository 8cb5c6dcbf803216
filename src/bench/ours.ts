/** What we build, ready to be timed: a program that waits for orders, on the cores that all contenders have. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { emitStepTimer, emitTimer } from '../../targets/cpu/timer.ts';
import { emitTimer as emitCudaTimer } from '../../targets/cuda/timer.ts';
import { emitSteps } from '../../targets/wasm/steps.ts';
import type { Compiled } from '../compile.ts';
import type { Report } from '../diagnostic.ts';
import { buildFolder } from '../make/build.ts';
import type { Journal } from '../make/journal.ts';
import { manifestPort } from '../make/manifest.ts';
import type { CompileOptions } from '../make/parts.ts';
import type { Render } from '../target.ts';
import type { Process } from './contender.ts';
import { startProgram } from './contender.ts';
import type { Kit, Ports } from './web/kit.ts';
import { ownKit, stepsKit } from './web/kit.ts';
import type { Place } from './web/places.ts';

export interface OursOptions extends CompileOptions {
  /** Where to build: a folder that lasts as long as the processes do. */
  readonly folder: string;
  readonly render: Render;
  readonly pin: readonly string[];
  readonly journal: Journal;
  readonly signal: AbortSignal;
  readonly onTask: (doc: string | null) => void;
}

/** Targets whose contender is a program of its own; those of the others run in Node.js or in pages. */
export const isProgram = (target: string): boolean => target === 'cpu' || target === 'cuda';

/** Builds for timing whole runs on the cpu, or whole runs and steps with CUDA, and starts. Undefined after a report. */
export const openProgram = (compiled: Compiled, options: OursOptions, report: Report): Promise<Process | undefined> =>
  openTimer(compiled, options.target === 'cuda' ? emitCudaTimer : emitTimer, options, report);

/** Builds for timing steps on the cpu, and starts. Undefined after a report. */
export const openProgramSteps = (
  compiled: Compiled,
  options: OursOptions,
  report: Report,
): Promise<Process | undefined> => openTimer(compiled, emitStepTimer, options, report);

/** Builds for timing steps, and starts: for wasm, in `place`. Undefined after a report. */
export async function openSteps(
  compiled: Compiled,
  options: OursOptions,
  place: Place,
  report: Report,
): Promise<Process | undefined> {
  if (options.target === 'cpu') return openProgramSteps(compiled, options, report);
  const { artefacts, recipe, plan } = compiled;
  const timer = emitSteps(plan, options.render);
  const folder = join(options.folder, 'wasm-steps');
  const together = {
    ...compiled,
    artefacts: [...artefacts, ...timer.artefacts],
    recipe: [...recipe, ...timer.recipe],
  };
  const built = await buildFolder(folder, together, options, report);
  if (!built?.complete) return undefined;
  const files = built.manifest.files.map(({ path }) => path);
  return place.open(stepsKit(folder, timer.index, files, portsFor(compiled, options)));
}

async function openTimer(
  compiled: Compiled,
  emitter: typeof emitTimer,
  options: OursOptions,
  report: Report,
): Promise<Process | undefined> {
  const { artefacts, recipe } = compiled;
  const timer = emitter({ ...compiled, threads: options.threads }, options.render);
  const made = new Set(timer.recipe.flatMap((task) => (task.kind === 'run-compiler' ? task.args : [])));
  // Of the build only what the timer links.
  const needed = recipe.filter((task) => made.has(task.output));
  const folder = join(options.folder, timer.program);
  const built = await buildFolder(
    folder,
    { ...compiled, artefacts: [...artefacts, ...timer.artefacts], recipe: [...needed, ...timer.recipe] },
    options,
    report,
  );
  if (!built?.complete) return undefined;
  return startProgram(join(folder, timer.program), processOptions(compiled, folder, options, report));
}

/** Builds for the web; `again` makes the folder another one. Undefined after a report. */
export async function buildKit(
  compiled: Compiled,
  options: OursOptions,
  report: Report,
  again = '',
): Promise<Kit | undefined> {
  const { name } = compiled.plan;
  const folder = join(options.folder, `${options.target}${again}`);
  const built = await buildFolder(folder, compiled, options, report);
  if (!built?.complete) return undefined;
  const files = built.manifest.files.map(({ path }) => path);
  return ownKit(folder, name, files, portsFor(compiled, options), options.target === 'webgpu');
}

const portsFor = ({ plan }: Compiled, { threads = 1 }: OursOptions): Ports => ({
  inputs: plan.inputs.map(manifestPort),
  outputs: plan.outputs.map(manifestPort),
  threads,
  constants: {},
});

function processOptions({ plan }: Compiled, folder: string, { pin, signal }: OursOptions, report: Report) {
  const own = join(folder, 'numbers');
  mkdirSync(own, { recursive: true });
  return {
    name: 'espalier',
    folder: own,
    inputs: plan.inputs.map(manifestPort),
    outputs: plan.outputs.map(manifestPort),
    pin,
    signal,
    report,
  };
}
