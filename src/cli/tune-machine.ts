/** What `espalier tune` does. Loaded only when it runs, so that help comes at once. */
import { countsOf } from '../../targets/cpu/counts.ts';
import { shippedRates } from '../../targets/cpu/rates/index.ts';
import { partsFor } from '../make/parts.ts';
import type { Place } from '../make/tuning.ts';
import { placeFor, writeTuning } from '../make/tuning.ts';
import { quickGrid, wholeGrid } from '../tune/grid.ts';
import { measure } from '../tune/measure.ts';
import { probesFor } from '../tune/probes.ts';
import type { Tuned } from '../tune/tune.ts';
import { tuneFrom } from '../tune/tune.ts';
import type { Desk } from './desk.ts';
import type { Paint } from './paint.ts';
import { printMicroseconds, printPercent, table } from './paint.ts';
import type { Flags } from './tune.ts';

/** Seconds that layers are measured. Each is run some hundred times, and the best of them counts. */
const wholeSeconds = 40;
const quickSeconds = 4;

export async function tune({ target, cpu, quick, out }: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  if (target !== 'cpu') {
    const message = `there is nothing to tune for the target "${target}"`;
    report({ severity: 'error', code: 'tune/no-target', message, hint: 'give -t cpu' });
    return false;
  }
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
    asText(file, place, tuned, paint),
  );
  return true;
}

function asText(
  file: string,
  { machine, compiler }: Place,
  { fits, compared }: Tuned,
  paint: Paint,
): readonly string[] {
  const dim = (words: readonly string[]): readonly string[] => words.map((word) => paint.dim(word));
  const layers = compared.map(({ family, shape, format, density, measuredNs, predictedNs }) => [
    shape,
    family,
    format,
    printPercent(1 - density),
    printMicroseconds(measuredNs),
    printMicroseconds(predictedNs),
  ]);
  const rows = fits.map(({ family, layers: count, medianError, worstError }) => [
    family,
    count === 0 ? paint.dim('estimated') : String(count),
    ...(count === 0 ? [] : [printPercent(medianError), printPercent(worstError)]),
  ]);
  return [
    `${paint.green('measured')} ${machine} with ${compiler}`,
    '',
    ...table(
      [dim(['layer', 'routine', 'format', 'zeros', 'measured', 'predicted']), ...layers],
      ['left', 'left', 'left', 'right', 'right', 'right'],
    ),
    '',
    ...table([dim(['routine', 'layers', 'error', 'at worst']), ...rows], ['left', 'right', 'right', 'right']),
    '',
    `written to ${paint.bold(file)}`,
  ];
}
