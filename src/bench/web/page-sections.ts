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
const rowsOf = ({ ours, peers }: Pick<BenchReport, 'ours' | 'peers'>): readonly Row[] =>
  [{ name: 'espalier', web: ours.web }, ...peers].flatMap(({ name, web }) => (web ? [{ name, web }] : []));

export function webSections(bench: BenchReport): readonly Section[] {
  const rows = rowsOf(bench);
  if (rows.length === 0 || bench.link === null) return [];
  const shipping = rows.flatMap(({ name, web: { ships, version } }) => (ships ? [{ name, version, ships }] : []));
  return [
    ...gpuSections(bench),
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

/** None for other targets. */
function gpuSections({ ours, peers }: BenchReport): readonly Section[] {
  const { counts } = ours;
  if (!counts) return [];
  const given = rowsOf({ ours, peers }).flatMap(({ name, web: { start } }) =>
    start.gpu ? [{ name, ...start.gpu }] : [],
  );
  const says = Object.entries({
    'bytes of weights': counts.weightBytes,
    'bytes of all weights as dense f16': counts.denseHalfBytes,
    'bytes of the buffer that a run computes in': counts.memoryBytes,
    'bytes that a run moves': counts.movedBytes,
    'FLOP with weights that are kept': counts.flops,
    'FLOP with all weights': counts.denseFlops,
    dispatches: counts.dispatches,
  });
  return [
    {
      title: 'What a GPU is given',
      text: 'Until the first result, inputs included, and the most that buffers held; and what the plan says of each run.',
      content: [
        tableOf(
          ['', 'uploaded bytes', 'held bytes'].map(column),
          given.map(({ name, uploadedBytes, heldBytes }) => [name, uploadedBytes, heldBytes]),
        ),
        tableOf(['', 'from the plan'].map(column), says),
      ],
    },
  ];
}

const column = (head: string) => (head === '' ? { head } : { head, align: 'right' as const });

/** A row for each contender. */
export function webCsv(bench: BenchReport): string | undefined {
  const rows = rowsOf(bench).map(
    ({
      name,
      web: {
        version,
        start: { gpu, ...start },
        ships,
      },
    }) => ({
      name,
      version,
      ...start,
      codeBytes: ships?.code.raw ?? null,
      codeGzip: ships?.code.gzip ?? null,
      codeBrotli: ships?.code.brotli ?? null,
      weightsBytes: ships?.weights.raw ?? null,
      weightsGzip: ships?.weights.gzip ?? null,
      weightsBrotli: ships?.weights.brotli ?? null,
      uploadedBytes: gpu?.uploadedBytes ?? null,
      heldBytes: gpu?.heldBytes ?? null,
    }),
  );
  return rows.length === 0 ? undefined : csvOf(Object.keys(rows[0]) as (keyof (typeof rows)[number])[], rows);
}
