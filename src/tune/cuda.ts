/** Times every probe on the GPU of this machine: all in one program, a step each, run again and again with nothing in the second cache. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { reorderLayout } from '../../passes/reorder-layout.ts';
import { cuda } from '../../targets/cuda/target.ts';
import { emitTimer } from '../../targets/cuda/timer.ts';
import type { CudaDevice } from '../bench/cuda-device.ts';
import { deviceOf } from '../bench/cuda-device.ts';
import type { Report } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { weightsOf } from '../graph/weights.ts';
import { packageFolder } from '../make/package.ts';
import { runTask } from '../make/recipe.ts';
import { runPasses } from '../pass.ts';
import { lower } from '../plan/lower.ts';
import { renderer } from '../render.ts';
import { cudaHint } from '../toolchain/cuda.ts';
import { startDialogue } from '../toolchain/dialogue.ts';
import type { MeasureOptions } from './measure.ts';
import { nothing } from './measure.ts';

export interface MeasuredOnCuda {
  readonly device: CudaDevice;
  /** Nanoseconds at best of each call with weights, by its origin. */
  readonly times: ReadonlyMap<string, number>;
}

/** Undefined, and reported, if it cannot be measured. */
export async function measureOnCuda(
  graph: Graph,
  options: MeasureOptions,
  report: Report,
): Promise<MeasuredOnCuda | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-tune-'));
  options.journal.hold(folder);
  try {
    options.doing('building the layers to measure');
    const built = await buildTimer(graph, folder, options, report);
    return built && (await timeSteps(built, options, report));
  } finally {
    rmSync(folder, { recursive: true, force: true });
    options.journal.release(folder);
  }
}

interface BuiltTimer {
  readonly command: readonly string[];
  /** The origin of each step that has weights. */
  readonly steps: readonly (string | undefined)[];
}

async function buildTimer(
  source: Graph,
  folder: string,
  { signal, arch }: MeasureOptions,
  report: Report,
): Promise<BuiltTimer | undefined> {
  let failed = false;
  const telling: Report = (d) => {
    failed ||= d.severity === 'error';
    report(d);
  };
  const target = cuda.target(arch === undefined ? {} : { arch });
  const graph = runPasses(source, [reorderLayout(target.wish)], telling);
  const layers = weightsOf(graph);
  const plan = lower(graph, target.kernels);
  const render = renderer(new URL('templates/', packageFolder()));
  const { artefacts, recipe } = target.emit(plan, { render, report: telling, recorded: () => nothing(source) });
  if (failed) return undefined;
  const timer = emitTimer({ plan, recipe }, render);
  for (const { path, contents } of [...artefacts, ...timer.artefacts]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
  }
  for (const task of timer.recipe) if ((await runTask(task, folder, report, { signal })) !== 'made') return undefined;
  // Files that it wants to be told of: it is never asked to read or write them.
  const ports = [...plan.inputs, ...plan.outputs].map((_, i) => join(folder, `port${i}.bin`));
  return {
    command: [join(folder, timer.program), ...ports],
    // What is put between layers is called as they are.
    steps: plan.steps.map(({ call }) => (layers.has(call.id) ? call.origin : undefined)),
  };
}

const answer = z.array(z.object({ cold: z.array(z.number()) }));

/** Runs between two looks at the clock. */
const runsAtOnce = 5;

async function timeSteps(
  { command, steps }: BuiltTimer,
  { seconds, signal, doing }: MeasureOptions,
  report: Report,
): Promise<MeasuredOnCuda | undefined> {
  const dialogue = startDialogue(command, { signal });
  const ask = async <T>(order: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    const said = await dialogue.ask(order);
    if (said.ok) return schema.parse(said.value);
    const hint = cudaHint(said.reason) ?? 'build a model with -t cuda and run its check program: it says what is wrong';
    report({ severity: 'error', code: 'tune/failed', message: `the program that times layers ${said.reason}`, hint });
    return undefined;
  };
  const best = steps.map(() => Infinity);
  const start = performance.now();
  try {
    const device = await deviceOf({ ask });
    if (!device) return undefined;
    do {
      const passed = Math.min(1, (performance.now() - start) / (1000 * seconds));
      doing(`measuring, ${Math.round(100 * passed)} %`);
      const series = await ask(`steps ${runsAtOnce} 0`, answer);
      if (!series) return undefined;
      series.forEach(({ cold }, i) => {
        best[i] = Math.min(best[i], ...cold);
      });
    } while (performance.now() - start < 1000 * seconds);
    const times = steps.flatMap((name, i) =>
      name === undefined || best[i] === Infinity ? [] : [[name, best[i]] as const],
    );
    return { device, times: new Map(times) };
  } finally {
    dialogue.end();
  }
}
