/** A sweep as a page: for each shape, how fast each pattern is over its share of zeros, and where it starts to win. */
import type { Line } from '../../plot/lines.ts';
import { linesPlot } from '../../plot/lines.ts';
import type { Section } from '../../plot/page.ts';
import { pageOf, tableOf } from '../../plot/page.ts';
import { machineText } from '../page.ts';
import { bestBy } from './crossings.ts';
import type { Baseline, Crossing, Crossover, Point } from './report.ts';

/** The whole file of HTML. */
export const crossoverPage = (crossover: Crossover): string =>
  pageOf({
    title: 'Where sparse layers start to win',
    lead: `${crossover.threads === 1 ? 'One thread' : `${crossover.threads} threads`}. ${machineText(crossover.machine)}.`,
    sections: [
      crossings(crossover),
      ...crossover.baselines.map((baseline) => shapeSection(baseline, crossover.points)),
      formats(crossover.points),
    ],
  });

export const printCrossing = (zeros: number | null, lowest: number): string =>
  zeros === null ? 'never' : `${zeros <= lowest ? '≤ ' : ''}${(100 * zeros).toFixed(0)} %`;

/** The smallest share of zeros that was tried for a pattern. */
export const lowestFor = (points: readonly Point[], { shape, pattern }: Crossing): number =>
  bestBy(points, shape, pattern)[0]?.zeros ?? 0;

const crossings = ({ crossings: rows, points }: Crossover): Section => ({
  title: 'From which share of zeros on',
  text: 'A pattern in its best format against the same layer with no zeros: in our own dense kernel, and in ONNX Runtime.',
  content: [
    tableOf(
      [
        { head: 'layer' },
        { head: 'pruned as' },
        ...['our dense', 'ONNX Runtime f32', 'ONNX Runtime int8'].map((head) => ({ head, align: 'right' as const })),
      ],
      rows.map((row) => [
        row.shape,
        row.pattern,
        ...[row.dense, row.ort, row.ortInt8].map((zeros) => printCrossing(zeros, lowestFor(points, row))),
      ]),
    ),
  ],
});

function shapeSection({ shape, denseMs, ortMs, ortInt8Ms, macs }: Baseline, points: readonly Point[]): Section {
  const patterns = [...new Set(points.filter((p) => p.shape === shape).map(({ pattern }) => pattern))];
  const series = patterns.map(
    (pattern): Line => ({
      name: pattern,
      points: bestBy(points, shape, pattern).map((p) => ({ x: 100 * p.zeros, y: p.overDense, note: noteOf(p) })),
    }),
  );
  return {
    title: shape,
    text: `${macs} multiply-adds; densely ${denseMs.toFixed(3)} ms by us, ${ortMs.toFixed(3)} ms by ONNX Runtime in floats and ${ortInt8Ms.toFixed(3)} ms in 8-bit integers.`,
    content: [
      linesPlot({
        title: `${shape}: times as fast as our dense kernel`,
        x: { label: '% zeros' },
        y: { label: 'times as fast as our dense kernel', scale: 'log' },
        series,
        references: [
          { value: 1, label: 'our dense kernel' },
          { value: denseMs / ortMs, label: 'ONNX Runtime f32' },
          { value: denseMs / ortInt8Ms, label: 'ONNX Runtime int8' },
        ],
      }),
    ],
  };
}

const formats = (points: readonly Point[]): Section => ({
  title: 'Every format',
  text: 'Losses included: how many times as fast as the dense layer each format is.',
  content: [
    tableOf(
      [
        ...['layer', 'pruned as'].map((head) => ({ head })),
        { head: 'zeros', align: 'right' },
        { head: 'format' },
        ...['ms', 'GFLOP/s', 'our dense', 'ORT f32', 'ORT int8'].map((head) => ({ head, align: 'right' as const })),
      ],
      points.map((p) => [
        p.shape,
        p.pattern,
        `${(100 * p.zeros).toFixed(0)} %`,
        p.format,
        p.ms.toFixed(4),
        p.gflops.toFixed(1),
        ...[p.overDense, p.overOrt, p.overOrtInt8].map((ratio) => `${ratio.toFixed(2)}x`),
      ]),
    ),
  ],
});

const noteOf = ({ pattern, zeros, format, ms, overDense, overOrt, overOrtInt8 }: Point): string =>
  [
    `${pattern}, ${(100 * zeros).toFixed(0)} % zeros`,
    `${format}: ${ms.toFixed(4)} ms`,
    `${overDense.toFixed(2)}x our dense kernel, ${overOrt.toFixed(2)}x ONNX Runtime f32, ${overOrtInt8.toFixed(2)}x int8`,
  ].join('\n');
