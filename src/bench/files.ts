/** A measurement as files to write. */
import type { ExportedFile } from '../export/exporter.ts';
import { csvOf } from './csv.ts';
import { benchPage } from './page.ts';
import type { BenchReport, LayerTiming } from './report.ts';
import { benchSchema, layerSchema } from './report.ts';
import { webCsv } from './web/page-sections.ts';

/** `bench.json`, `bench.html`, `layers.csv` where layers were timed, and `starts.csv` where starts were. */
export function benchFiles(bench: BenchReport): readonly ExportedFile[] {
  const starts = webCsv(bench);
  return [
    { path: 'bench.json', text: `${JSON.stringify(benchSchema.parse(bench), null, 2)}\n` },
    { path: 'bench.html', text: benchPage(bench) },
    ...(bench.layers.length > 0
      ? [{ path: 'layers.csv', text: csvOf(Object.keys(layerSchema.shape) as (keyof LayerTiming)[], bench.layers) }]
      : []),
    ...(starts === undefined ? [] : [{ path: 'starts.csv', text: starts }]),
  ].map(({ path, text }) => ({ path, contents: new TextEncoder().encode(text) }));
}
