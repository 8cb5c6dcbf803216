/** Times every probe on the GPU of this machine: all in one program, a step each, run again and again with nothing in the second cache. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { cuda } from '../../targets/cuda/target.ts';
import { emitTimer } from '../../targets/cuda/timer.ts';
import type { CudaDevice } from '../bench/cuda-device.ts';
import { deviceOf } from '../bench/cuda-device.ts';
import type { Report } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { cudaHint } from '../toolchain/cuda.ts';
import { startDialogue } from '../toolchain/dialogue.ts';
import type { BuiltTimer, MeasureOptions } from './built.ts';
import { buildTimer, timeSteps } from './built.ts';

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
    const { signal, ...own } = options;
    const built = await buildTimer(graph, folder, { target: cuda.target(own), emitTimer }, { signal }, report);
    return built && (await timed(built, options, report));
  } finally {
    rmSync(folder, { recursive: true, force: true });
    options.journal.release(folder);
  }
}

async function timed(
  { program, ports, steps }: BuiltTimer,
  options: MeasureOptions,
  report: Report,
): Promise<MeasuredOnCuda | undefined> {
  const dialogue = startDialogue([program, ...ports], { signal: options.signal });
  const failed = (reason: string): undefined => {
    const hint = cudaHint(reason) ?? 'build a model with -t cuda and run its check program: it says what is wrong';
    report({ severity: 'error', code: 'tune/failed', message: `the program that times layers ${reason}`, hint });
  };
  const ask = async <T>(order: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    const said = await dialogue.ask(order);
    return said.ok ? schema.parse(said.value) : failed(said.reason);
  };
  try {
    const device = await deviceOf({ ask });
    const times = device && (await timeSteps(dialogue, steps, options, failed));
    return times && { device, times };
  } finally {
    dialogue.end();
  }
}
