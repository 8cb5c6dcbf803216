/** What `espalier tune -t cuda` does. Loaded only when it runs, so that help comes at once. */
import { archsOf, defaultArchs } from '../../targets/cuda/archs.ts';
import { settingFor, settingOf } from '../../targets/cuda/rates/rates.ts';
import { visible } from '../diagnostic.ts';
import { partsFor } from '../make/parts.ts';
import { cudaFile, writeTuning } from '../make/tuning.ts';
import { readGpu } from '../toolchain/cuda.ts';
import type { MeasuredOnCuda } from '../tune/cuda.ts';
import { measureOnCuda } from '../tune/cuda.ts';
import { probesOf } from '../tune/cuda-probes.ts';
import type { Probe } from '../tune/probes.ts';
import { tuneFrom } from '../tune/tune.ts';
import type { Desk } from './desk.ts';
import type { Flags } from './tune.ts';
import { tuneAsText } from './tune-text.ts';

/** Seconds that layers of each arithmetic are measured. Each is run some hundred times, and the best of them counts. */
const wholeSeconds = 20;
const quickSeconds = 3;

export async function tuneCuda({ quick, out, arch: asked }: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  const local = await readGpu();
  const own = asked === undefined && local && archsOf(local.arch).length > 0 ? local.arch : undefined;
  const arch = asked ?? own ?? defaultArchs;
  if (!partsFor({ target: 'cuda', arch }, report)) return false;
  const setting = (local && settingOf(local.name, local.arch)) ?? settingFor(archsOf(arch));
  doing('making layers to measure');
  const seconds = quick ? quickSeconds : wholeSeconds;
  const options = { seconds, journal: io.journal, signal: io.signal, doing, arch };
  const probes: Probe[] = [];
  let device: MeasuredOnCuda['device'] | undefined;
  const times = new Map<string, number>();
  for (const [arithmetic, own] of probesOf(arch, setting, quick === true)) {
    const measured = await measureOnCuda(
      own.graph,
      { ...options, arithmetic, rates: { ...setting.rates, device: setting.device.name } },
      report,
    );
    if (!measured) return false;
    device = measured.device;
    probes.push(...own.probes);
    for (const [name, ns] of measured.times) times.set(name, ns);
  }
  if (!device) return false;
  // Names come from drivers.
  const where = {
    ...{ machine: visible(`${device.name} (${device.arch})`), compiler: visible(`CUDA ${device.toolkit}`) },
    device: setting.device.name,
  };
  const tuned = tuneFrom(probes, times, setting.rates, where);
  const file = out ?? cudaFile(where.machine);
  const { families } = tuned.rates;
  if (!writeTuning(file, { version: 1, target: 'cuda', ...where, families }, report)) return false;
  desk.print({ file, ...where, families: tuned.fits, layers: tuned.compared }, (paint) =>
    tuneAsText({ ...where, file }, tuned, paint),
  );
  return true;
}
