/** What was measured, beside what the rates make of it, as lines for a terminal. */
import type { Tuned } from '../tune/tune.ts';
import type { Paint } from './paint.ts';
import { printMicroseconds, printPercent, table } from './paint.ts';

export interface Where {
  readonly machine: string;
  readonly compiler: string;
  /** Where the rates were written. */
  readonly file: string;
}

export function tuneAsText(
  { machine, compiler, file }: Where,
  { fits, compared }: Pick<Tuned, 'fits' | 'compared'>,
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
