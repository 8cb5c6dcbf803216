/** A sweep as files to write. */
import type { ExportedFile } from '../../export/exporter.ts';
import { csvOf } from '../csv.ts';
import { crossoverPage } from './page.ts';
import type { Crossover, Point } from './report.ts';
import { crossoverSchema, pointSchema } from './report.ts';

export const crossoverFiles = (crossover: Crossover): readonly ExportedFile[] =>
  [
    { path: 'crossover.json', text: `${JSON.stringify(crossoverSchema.parse(crossover), null, 2)}\n` },
    { path: 'crossover.html', text: crossoverPage(crossover) },
    { path: 'crossover.csv', text: csvOf(Object.keys(pointSchema.shape) as (keyof Point)[], crossover.points) },
  ].map(({ path, text }) => ({ path, contents: new TextEncoder().encode(text) }));
