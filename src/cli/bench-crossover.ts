/** What `espalier bench --crossover` does. */
import { join } from 'node:path';
import { sweepCrossover } from '../bench/crossover/crossover.ts';
import { crossoverFiles } from '../bench/crossover/files.ts';
import { fullSweep, quickSweep } from '../bench/crossover/grid.ts';
import { lowestFor, printCrossing } from '../bench/crossover/page.ts';
import type { Crossover } from '../bench/crossover/report.ts';
import { mayWriteFile, writeFiles } from '../make/file.ts';
import type { CompileOptions } from '../make/parts.ts';
import type { Flags } from './bench.ts';
import type { Desk } from './desk.ts';
import type { Paint } from './paint.ts';
import { table } from './paint.ts';

export async function crossover(
  options: CompileOptions,
  { quick, threads, out }: Pick<Flags, 'quick' | 'threads' | 'out'>,
  desk: Desk,
): Promise<boolean> {
  const { io, report, doing } = desk;
  const place = out === undefined ? undefined : join(out, 'crossover.json');
  if (place !== undefined && !mayWriteFile(place, undefined, report)) return false;
  const sweep = quick ? quickSweep : fullSweep;
  const swept = await sweepCrossover({
    sweep,
    options,
    threads,
    journal: io.journal,
    signal: io.signal,
    report,
    doing,
  });
  if (!swept || (place !== undefined && !writeFiles(place, crossoverFiles(swept), io.journal, report))) return false;
  desk.print(swept, (paint) => [
    ...asText(swept, paint),
    ...(out === undefined ? [] : ['', paint.dim(`written to ${out}`)]),
  ]);
  return true;
}

function asText({ baselines, points, crossings }: Crossover, paint: Paint): readonly string[] {
  const head = (words: readonly string[]): readonly string[] => words.map((word) => paint.dim(word));
  return [
    'milliseconds of dense layers',
    '',
    ...table(
      [
        head(['layer', 'ours', 'ORT f32', 'ORT int8']),
        ...baselines.map((b) => [b.shape, ...[b.denseMs, b.ortMs, b.ortInt8Ms].map((ms) => ms.toFixed(3))]),
      ],
      ['left', 'right', 'right', 'right'],
    ),
    '',
    'zeros from which on a pattern in its best format is faster than',
    '',
    ...table(
      [
        head(['layer', 'pruned as', 'our dense', 'ORT f32', 'ORT int8']),
        ...crossings.map((row) => [
          row.shape,
          row.pattern,
          ...[row.dense, row.ort, row.ortInt8].map((zeros) => {
            const text = printCrossing(zeros, lowestFor(points, row));
            return zeros === null ? paint.yellow(text) : text;
          }),
        ]),
      ],
      ['left', 'left', 'right', 'right', 'right'],
    ),
  ];
}
