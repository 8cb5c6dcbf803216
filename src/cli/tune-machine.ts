/** What `espalier tune` does for CPUs. Loaded only when it runs, so that help comes at once. */
import { countsOf } from '../../targets/cpu/counts.ts';
import { shippedRates } from '../../targets/cpu/rates/index.ts';
import { partsFor } from '../make/parts.ts';
import { placeFor, writeTuning } from '../make/tuning.ts';
import { quickGrid, wholeGrid } from '../tune/grid.ts';
import { measure } from '../tune/measure.ts';
import { probesFor } from '../tune/probes.ts';
import { tuneFrom } from '../tune/tune.ts';
import type { Desk } from './desk.ts';
import type { Flags } from './tune.ts';
import { tuneAsText } from './tune-text.ts';

/** Seconds that layers are measured. Each is run some hundred times, and the best of them counts. */
const wholeSeconds = 40;
const quickSeconds = 4;

export async function tuneCpu({ target, cpu = 'native', quick, out }: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  if (!partsFor({ target, cpu }, report)) return false;
  const place = await placeFor(cpu);
  if (!place) {
    const hint = 'install gcc or clang';
    report({
      severity: 'error',
      code: 'tune/no-compiler',
      message: 'there is no C compiler to build layers with',
      hint,
    });
    return false;
  }
  doing('making layers to measure');
  const { graph, probes } = probesFor(quick ? quickGrid : wholeGrid, countsOf);
  const seconds = quick ? quickSeconds : wholeSeconds;
  const measured = await measure(graph, { cpu, seconds, journal: io.journal, signal: io.signal, doing }, report);
  if (!measured) return false;
  const tuned = tuneFrom(probes, measured, shippedRates(cpu), place);
  const file = out ?? place.file;
  const { machine, compiler, families } = tuned.rates;
  if (!writeTuning(file, { version: 1, cpu, machine, compiler, families }, report)) return false;
  desk.print({ file, cpu, machine, compiler, families: tuned.fits, layers: tuned.compared }, (paint) =>
    tuneAsText({ machine, compiler, file }, tuned, paint),
  );
  return true;
}
