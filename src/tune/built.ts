/** A graph of layers to time, built for a target with the program that times its steps; and its answers. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { reorderLayout } from '../../passes/reorder-layout.ts';
import type { Report } from '../diagnostic.ts';
import { bug } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { weightsOf } from '../graph/weights.ts';
import type { Journal } from '../make/journal.ts';
import { packageFolder } from '../make/package.ts';
import { runTask } from '../make/recipe.ts';
import { runPasses } from '../pass.ts';
import { lower } from '../plan/lower.ts';
import type { Plan } from '../plan/plan.ts';
import type { Recipe } from '../recipe.ts';
import { renderer } from '../render.ts';
import type { Artefact, Emission, Render, Target, TargetOptions } from '../target.ts';
import type { Dialogue } from '../toolchain/dialogue.ts';

export interface MeasureOptions extends TargetOptions {
  /** How long the program runs, in all. */
  readonly seconds: number;
  readonly journal: Journal;
  readonly signal?: AbortSignal | undefined;
  /** Told what is being done. */
  readonly doing: (what: string) => void;
}

/** What times steps of a plan: its sources, and all tasks that make it from what was emitted. */
export type EmitTimer = (
  built: { readonly plan: Plan; readonly recipe: Recipe },
  render: Render,
) => Emission & { readonly program: string };

export interface BuiltTimer {
  readonly program: string;
  /** Files that it wants to be told of: it is never asked to read or write them. */
  readonly ports: readonly string[];
  /** The origin of each step that has weights. */
  readonly steps: readonly (string | undefined)[];
}

/** Undefined after a report. */
export async function buildTimer(
  source: Graph,
  folder: string,
  { target, emitTimer }: { readonly target: Target; readonly emitTimer: EmitTimer },
  { signal }: Pick<MeasureOptions, 'signal'>,
  report: Report,
): Promise<BuiltTimer | undefined> {
  let failed = false;
  const telling: Report = (d) => {
    failed ||= d.severity === 'error';
    report(d);
  };
  const render = renderer(new URL('templates/', packageFolder()));
  const graph = runPasses(source, [reorderLayout(target)], telling);
  const layers = weightsOf(graph);
  const plan = lower(graph, target.kernels);
  const recorded = () => bug('nobody checks what is timed');
  const { artefacts, recipe } = target.emit(plan, { render, report: telling, recorded, checks: false });
  if (failed) return undefined;
  const timer = emitTimer({ plan, recipe }, render);
  const write = ({ path, contents }: Artefact): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
  };
  [...artefacts, ...timer.artefacts].forEach(write);
  for (const task of timer.recipe) if ((await runTask(task, folder, report, { signal })) !== 'made') return undefined;
  return {
    program: join(folder, timer.program),
    ports: [...plan.inputs, ...plan.outputs].map((_, i) => join(folder, `port${i}.bin`)),
    // What is put between layers is called as they are.
    steps: plan.steps.map(({ call }) => (layers.has(call.id) ? call.origin : undefined)),
  };
}

const answer = z.array(z.object({ cold: z.array(z.number()) }));

/** Runs between two looks at the clock: all steps in turn each time, so that every one meets quiet moments. */
const runsAtOnce = 5;

/** Nanoseconds at best of each step with weights, by its origin. Undefined where the program ends; `failed` is told what it said. */
export async function timeSteps(
  dialogue: Pick<Dialogue, 'ask'>,
  steps: BuiltTimer['steps'],
  { seconds, doing }: Pick<MeasureOptions, 'seconds' | 'doing'>,
  failed: (reason: string) => void,
): Promise<ReadonlyMap<string, number> | undefined> {
  const best = steps.map(() => Infinity);
  const start = performance.now();
  do {
    const passed = Math.min(1, (performance.now() - start) / (1000 * seconds));
    doing(`measuring, ${Math.round(100 * passed)} %`);
    const said = await dialogue.ask(`steps ${runsAtOnce} 0`);
    if (!said.ok) return void failed(said.reason);
    answer.parse(said.value).forEach(({ cold }, i) => {
      best[i] = Math.min(best[i], ...cold);
    });
  } while (performance.now() - start < 1000 * seconds);
  return new Map(steps.flatMap((name, i) => (name === undefined || best[i] === Infinity ? [] : [[name, best[i]]])));
}
