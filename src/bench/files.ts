/** A measurement as files to write. */
import type { ExportedFile } from '../export/exporter.ts';
import { csvOf } from './csv.ts';
import { benchPage } from './page.ts';
import type { BenchReport, LayerTiming } from './report.ts';
import { benchSchema, layerSchema } from './report.ts';

/** `bench.json`, `bench.html`, and `layers.csv` where layers were timed. */
export const benchFiles = (bench: BenchReport): readonly ExportedFile[] =>
  [
    { path: 'bench.json', text: `${JSON.stringify(benchSchema.parse(bench), null, 2)}\n` },
    { path: 'bench.html', text: benchPage(bench) },
    ...(bench.layers.length > 0
      ? [{ path: 'layers.csv', text: csvOf(Object.keys(layerSchema.shape) as (keyof LayerTiming)[], bench.layers) }]
      : []),
  ].map(({ path, text }) => ({ path, contents: new TextEncoder().encode(text) }));
