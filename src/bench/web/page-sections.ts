/** What counts in a page besides the time of a run: as plots, and as a table for programs. */
import { barsPlot } from '../../plot/bars.ts';
import type { Section } from '../../plot/page.ts';
import { tableOf } from '../../plot/page.ts';
import { csvOf } from '../csv.ts';
import { printLink } from '../link.ts';
import type { BenchReport, Web } from '../report.ts';

interface Row {
  readonly name: string;
  readonly web: Web;
}

/** None where it was not measured. */
const rowsOf = ({ ours, peers }: BenchReport): readonly Row[] =>
  [{ name: 'espalier', web: ours.web }, ...peers].flatMap(({ name, web }) => (web ? [{ name, web }] : []));

export function webSections(bench: BenchReport): readonly Section[] {
  const rows = rowsOf(bench);
  if (rows.length === 0 || bench.link === null) return [];
  const shipping = rows.flatMap(({ name, web: { ships, version } }) => (ships ? [{ name, version, ships }] : []));
  return [
    {
      title: 'Time to the first result',
      text: `In fresh ${bench.place.kind === 'node' ? 'processes' : 'pages'}, medians. Downloads are computed from brotli bytes at ${printLink(bench.link)}.`,
      content: [
        barsPlot({
          title: 'milliseconds to the first result',
          axis: { label: 'milliseconds' },
          series: ['download', 'load', 'first run'],
          stacked: true,
          rows: rows.map(({ name, web: { start } }) => ({
            label: name,
            values: [start.downloadMs, start.loadMs, start.firstMs],
          })),
        }),
        tableOf(
          ['', 'first result ms', 'download ms', 'load ms', 'first run ms', 'second run ms', 'memory MB'].map(column),
          rows.map(({ name, web: { start } }) => [
            name,
            ...[start.totalMs, start.downloadMs, start.loadMs, start.firstMs, start.secondMs].map(
              (ms) => ms?.toFixed(1) ?? '',
            ),
            start.peakBytes === null ? '' : (start.peakBytes / 1e6).toFixed(0),
          ]),
        ),
      ],
    },
    {
      title: 'Bytes to download',
      content: [
        barsPlot({
          title: 'kilobytes as brotli',
          axis: { label: 'kB' },
          series: ['code', 'weights'],
          stacked: true,
          rows: shipping.map(({ name, version, ships }) => ({
            label: name,
            values: [ships.code.brotli / 1e3, ships.weights.brotli / 1e3],
            ...(version !== null && { note: version }),
          })),
        }),
        tableOf(
          ['', ...['code', 'weights'].flatMap((what) => ['raw', 'gzip', 'brotli'].map((how) => `${what} ${how}`))].map(
            column,
          ),
          shipping.map(({ name, ships: { code, weights } }) => [
            name,
            ...[code, weights].flatMap((sizes) => [sizes.raw, sizes.gzip, sizes.brotli]),
          ]),
        ),
      ],
    },
  ];
}

const column = (head: string) => (head === '' ? { head } : { head, align: 'right' as const });

/** A row for each contender. */
export function webCsv(bench: BenchReport): string | undefined {
  const rows = rowsOf(bench).map(({ name, web: { version, start, ships } }) => ({
    name,
    version,
    ...start,
    codeBytes: ships?.code.raw ?? null,
    codeGzip: ships?.code.gzip ?? null,
    codeBrotli: ships?.code.brotli ?? null,
    weightsBytes: ships?.weights.raw ?? null,
    weightsGzip: ships?.weights.gzip ?? null,
    weightsBrotli: ships?.weights.brotli ?? null,
  }));
  return rows.length === 0 ? undefined : csvOf(Object.keys(rows[0]) as (keyof (typeof rows)[number])[], rows);
}
