/** Times every probe on this machine: all in one program, built by our own compiler, in turn and again and again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '../../targets/cpu/target.ts';
import { emitStepTimer } from '../../targets/cpu/timer.ts';
import type { Report } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { startDialogue } from '../toolchain/dialogue.ts';
import { pinTo } from '../toolchain/pin.ts';
import type { EmitTimer, MeasureOptions } from './built.ts';
import { buildTimer, timeSteps } from './built.ts';

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
    const { signal, ...own } = options;
    const built = await buildTimer(graph, folder, { target: cpu.target(own), emitTimer }, { signal }, report);
    if (!built) return undefined;
    const pin = (await pinTo(1))?.command ?? [];
    const dialogue = startDialogue([...pin, built.program, ...built.ports], { signal });
    try {
      return await timeSteps(dialogue, built.steps, options, (reason) => {
        const message = `the program that times layers ${reason}`;
        report({ severity: 'error', code: 'tune/failed', message, hint: 'measure for the CPU of this machine' });
      });
    } finally {
      dialogue.end();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    options.journal.release(folder);
  }
}

/** The network is compiled anew with hooks between its steps, from what else the build has. */
const emitTimer: EmitTimer = ({ plan, recipe }, render) => {
  const timer = emitStepTimer({ plan, recipe }, render);
  const objects = recipe.filter(({ output }) => /\.o$/.test(output) && output !== `${plan.name}.o`);
  return { ...timer, recipe: [...objects, ...timer.recipe] };
};
