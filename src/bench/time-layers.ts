/** Layers of what is built, timed one by one. */
import { z } from 'zod';
import type { Compiled } from '../compile.ts';
import type { Parts } from '../make/parts.ts';
import { lower } from '../plan/lower.ts';
import type { Process } from './contender.ts';
import type { CudaDevice } from './cuda-device.ts';
import { peakOf } from './cuda-device.ts';
import type { BenchJob, Keep } from './job.ts';
import type { Layers } from './layers.ts';
import { layerTimings, stepTimes } from './layers.ts';
import type { OursOptions } from './ours.ts';
import { openSteps } from './ours.ts';
import type { Place } from './web/places.ts';

/** Runs of a network whose steps are timed, and windows in which each step is repeated. */
export const stepRuns = { inNetwork: 30, windows: 15 };

/** The network with every step by itself: what runs band by band with others has no time of its own. */
function alone(compiled: Compiled, { target }: Parts, { render }: OursOptions): Compiled {
  const plan = lower(compiled.graph, target.kernels);
  const emission = target.emit(plan, { render, report: () => {}, recorded: compiled.recorded });
  return { ...compiled, plan, ...emission };
}

/** What the program that times runs can do as well: its steps are those of the network, each with a launch of its own. Undefined after a report. */
export async function timeCudaLayers(
  { doing }: BenchJob,
  { graph, plan }: Compiled,
  process: Process,
  device: CudaDevice,
): Promise<Layers | undefined> {
  doing('timing layers');
  const series = stepTimes.omit({ peak: true });
  const times = await process.ask(`steps ${stepRuns.inNetwork} ${stepRuns.windows}`, z.array(series));
  return (
    times &&
    layerTimings(
      graph,
      plan,
      times.map((step) => ({ ...step, peak: [peakOf(device)] })),
    )
  );
}

/** For wasm they run in `place`. Undefined after a report. */
export async function timeLayers(
  { report, doing, parts }: BenchJob,
  built: Compiled,
  ours: OursOptions,
  place: Place,
  keep: Keep,
): Promise<Layers | undefined> {
  const compiled = alone(built, parts, ours);
  doing('building the network with hooks between its steps');
  const process = await openSteps(compiled, ours, place, report);
  if (!process || !(await keep.process(process).load(compiled.recorded().inputs))) return undefined;
  doing('timing layers');
  const times = await process.ask(`steps ${stepRuns.inNetwork} ${stepRuns.windows}`, z.array(stepTimes));
  return times && layerTimings(compiled.graph, compiled.plan, times);
}
