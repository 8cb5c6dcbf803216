/** Times every probe on this machine: all in one program, built by our own compiler, in turn and again and again. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { reorderLayout } from '../../passes/reorder-layout.ts';
import { cpu } from '../../targets/cpu/target.ts';
import { emitStepTimer } from '../../targets/cpu/timer.ts';
import type { Report } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { nodesById } from '../graph/graph.ts';
import { weightsOf } from '../graph/weights.ts';
import type { Journal } from '../make/journal.ts';
import { packageFolder } from '../make/package.ts';
import { runTask } from '../make/recipe.ts';
import { runPasses } from '../pass.ts';
import { lower } from '../plan/lower.ts';
import { renderer } from '../render.ts';
import type { Artefact, Recorded, TargetOptions } from '../target.ts';
import { zeros } from '../tensor/numbers.ts';
import { elements } from '../tensor/type.ts';
import { startDialogue } from '../toolchain/dialogue.ts';
import { pinTo } from '../toolchain/pin.ts';

export interface MeasureOptions extends TargetOptions {
  /** How long the program runs, in all. */
  readonly seconds: number;
  readonly journal: Journal;
  readonly signal?: AbortSignal | undefined;
  /** Told what is being done. */
  readonly doing: (what: string) => void;
}

/** Nanoseconds at best of each call with weights, by its origin. Undefined, and reported, if it cannot be measured. */
export async function measure(
  graph: Graph,
  options: MeasureOptions,
  report: Report,
): Promise<ReadonlyMap<string, number> | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-tune-'));
  options.journal.hold(folder);
  try {
    options.doing('building the layers to measure');
    const built = await buildTimer(graph, folder, options, report);
    return built && (await timeSteps(built, folder, options, report));
  } finally {
    rmSync(folder, { recursive: true, force: true });
    options.journal.release(folder);
  }
}

interface BuiltTimer {
  readonly program: string;
  /** Files that it wants to be told of: it is never asked to read or write them. */
  readonly ports: number;
  /** The origin of each step that has weights. */
  readonly steps: readonly (string | undefined)[];
}

async function buildTimer(
  source: Graph,
  folder: string,
  { signal, ...options }: MeasureOptions,
  report: Report,
): Promise<BuiltTimer | undefined> {
  let failed = false;
  const telling: Report = (d) => {
    failed ||= d.severity === 'error';
    report(d);
  };
  const target = cpu.target(options);
  const render = renderer(new URL('templates/', packageFolder()));
  const graph = runPasses(source, [reorderLayout(target.wish)], telling);
  const layers = weightsOf(graph);
  const plan = lower(graph, target.kernels);
  // Nobody checks what it computes.
  const { artefacts, recipe } = target.emit(plan, { render, report: telling, recorded: () => nothing(source) });
  if (failed) return undefined;
  const timer = emitStepTimer({ plan, recipe }, render);
  const write = ({ path, contents }: Artefact): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
  };
  [...artefacts, ...timer.artefacts].forEach(write);
  const objects = recipe.filter(({ output }) => /\.o$/.test(output) && output !== `${plan.name}.o`);
  for (const task of [...objects, ...timer.recipe])
    if ((await runTask(task, folder, report, { signal })) !== 'made') return undefined;
  return {
    program: join(folder, timer.program),
    ports: plan.inputs.length + plan.outputs.length,
    // What is put between layers is called as they are.
    steps: plan.steps.map(({ call }) => (layers.has(call.id) ? call.origin : undefined)),
  };
}

/** Zeros for all inputs and outputs, of which nobody asks what they are. */
export function nothing(graph: Graph): Recorded {
  const byId = nodesById(graph);
  const empty = (name: string, id: string) => {
    const type = byId.get(id)?.type;
    return [name, type ? zeros(type.dtype, elements(type.shape)) : new Float32Array(0)] as const;
  };
  return {
    inputs: Object.fromEntries(graph.nodes.flatMap((n) => (n.kind === 'input' ? [empty(n.name, n.id)] : []))),
    outputs: Object.fromEntries(graph.outputs.map(({ name, id }) => empty(name, id))),
  };
}

const answer = z.array(z.object({ cold: z.array(z.number()) }));

/** Runs between two looks at the clock: all probes in turn each time, so that every one meets quiet moments. */
const runsAtOnce = 5;

async function timeSteps(
  { program, ports, steps }: BuiltTimer,
  folder: string,
  { seconds, signal, doing }: MeasureOptions,
  report: Report,
): Promise<ReadonlyMap<string, number> | undefined> {
  const pin = (await pinTo(1))?.command ?? [];
  const files = Array.from({ length: ports }, (_, i) => join(folder, `port${i}.bin`));
  const dialogue = startDialogue([...pin, program, ...files], { signal });
  const best = steps.map(() => Infinity);
  const start = performance.now();
  try {
    do {
      const passed = Math.min(1, (performance.now() - start) / (1000 * seconds));
      doing(`measuring, ${Math.round(100 * passed)} %`);
      const said = await dialogue.ask(`steps ${runsAtOnce} 0`);
      if (!said.ok) {
        const message = `the program that times layers ${said.reason}`;
        report({ severity: 'error', code: 'tune/failed', message, hint: 'measure for the CPU of this machine' });
        return undefined;
      }
      const series = answer.parse(said.value);
      series.forEach(({ cold }, i) => {
        best[i] = Math.min(best[i], ...cold);
      });
    } while (performance.now() - start < 1000 * seconds);
  } finally {
    dialogue.end();
  }
  return new Map(steps.flatMap((name, i) => (name === undefined || best[i] === Infinity ? [] : [[name, best[i]]])));
}
