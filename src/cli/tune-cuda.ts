/** What `espalier tune -t cuda` does. Loaded only when it runs, so that help comes at once. */
import { countsOf } from '../../targets/cuda/counts.ts';
import { h100 as device } from '../../targets/cuda/devices.ts';
import { estimatedRates } from '../../targets/cuda/rates/estimated.ts';
import { visible } from '../diagnostic.ts';
import { partsFor } from '../make/parts.ts';
import { gpuFile, writeTuning } from '../make/tuning.ts';
import { measureOnCuda } from '../tune/cuda.ts';
import { quickGpuGrid, wholeGpuGrid } from '../tune/grid.ts';
import { probesFor } from '../tune/probes.ts';
import { tuneFrom } from '../tune/tune.ts';
import type { Desk } from './desk.ts';
import type { Flags } from './tune.ts';
import { tuneAsText } from './tune-text.ts';

/** Seconds that layers are measured. Each is run some hundred times, and the best of them counts. */
const wholeSeconds = 20;
const quickSeconds = 3;

export async function tuneCuda({ quick, out, arch }: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  if (!partsFor({ target: 'cuda', ...(arch !== undefined && { arch }) }, report)) return false;
  doing('making layers to measure');
  const { graph, probes } = probesFor(quick ? quickGpuGrid : wholeGpuGrid, (work) => countsOf(work, device));
  const seconds = quick ? quickSeconds : wholeSeconds;
  const options = { seconds, journal: io.journal, signal: io.signal, doing, ...(arch !== undefined && { arch }) };
  const measured = await measureOnCuda(graph, options, report);
  if (!measured) return false;
  // Names come from drivers.
  const { name, arch: own, toolkit } = measured.device;
  const where = { machine: visible(`${name} (${own})`), compiler: visible(`CUDA ${toolkit}`) };
  const tuned = tuneFrom(probes, measured.times, estimatedRates(device), where);
  const file = out ?? gpuFile(where, 'cuda');
  const { families } = tuned.rates;
  if (!writeTuning(file, { version: 1, target: 'cuda', ...where, families }, report)) return false;
  desk.print({ file, ...where, families: tuned.fits, layers: tuned.compared }, (paint) =>
    tuneAsText({ ...where, file }, tuned, paint),
  );
  return true;
}
