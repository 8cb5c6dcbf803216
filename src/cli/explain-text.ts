/** An explanation as lines for a terminal. */
import { stripVTControlCharacters } from 'node:util';
import { visible } from '../diagnostic.ts';
import type { Advice } from '../explain/advise.ts';
import type { ExplainedLayer, ExplainedOffer } from '../explain/explain.ts';
import { denseOf } from '../explain/explain.ts';
import type { Explained } from '../explain/page.ts';
import { offerInWords, othersInWords } from '../explain/reasons.ts';
import type { Paint } from './paint.ts';
import { printBytes, printCount, printMicroseconds, printPercent, printTime, shortName, table } from './paint.ts';

interface Manner {
  readonly file: string;
  /** All that is known of each layer, and no table. */
  readonly detailed: boolean;
  /** Characters in a line. */
  readonly width: number;
}

export function asText(explained: Explained, { file, detailed, width }: Manner, paint: Paint): readonly string[] {
  const { layers, target, cpu, tuning, advice } = explained;
  const head = `${paint.bold(visible(file))} on ${target}${cpu === null ? '' : ` ${cpu}`}${tuning === null ? '' : paint.dim(`, by the rates ${visible(tuning)}`)}`;
  if (layers.length === 0) return [head, '', 'no layer has weights'];
  const dense = layers.filter(({ whyNotSparse }) => whyNotSparse !== null);
  const others = layers.filter(({ whyNotAsked }) => whyNotAsked !== null);
  return [
    head,
    '',
    ...(detailed ? layers.flatMap((layer) => detail(layer, paint)) : layerTable(layers, width, paint)),
    ...(detailed || dense.length === 0
      ? []
      : [
          '',
          paint.bold('why not sparse'),
          ...dense.flatMap(({ name, whyNotSparse }) => reason(name, whyNotSparse, paint)),
        ]),
    ...(detailed || others.length === 0 ? [] : ['', paint.bold('why not as asked'), ...reasonsTogether(others, paint)]),
    ...(advice === null ? [] : ['', paint.bold('what to prune to'), ...adviceTable(advice, paint)]),
    ...(detailed ? [] : ['', ...totals(explained)]),
  ];
}

/** Columns of the table; those with a rank are left out, the highest first, where lines are too short for all. */
const columns: readonly Column[] = [
  { head: 'layer', of: ({ name }) => shortName(name, 28) },
  { head: 'weights', rank: 2, of: ({ shape }) => shape.join('x') },
  { head: 'zeros', align: 'right', of: ({ zeros }) => printPercent(zeros) },
  { head: 'format', of: ({ chosen }) => chosen.format },
  { head: 'bytes', rank: 4, align: 'right', of: ({ chosen }) => printBytes(chosen.bytes) },
  { head: 'computed by', rank: 1, of: ({ kernel, chosen }) => (kernel === null ? 'loops' : chosen.routine) },
  { head: 'predicted', align: 'right', of: ({ chosen }) => printMicroseconds(chosen.ns) },
  { head: 'dense', align: 'right', of: (layer) => printMicroseconds(denseOf(layer).ns) },
  { head: 'bound by', rank: 3, of: ({ chosen }) => chosen.bound },
  { head: 'occupancy', rank: 3, align: 'right', of: ({ chosen: { use } }) => (use ? printPercent(use.occupancy) : '') },
  {
    head: 'padding',
    rank: 5,
    align: 'right',
    of: ({ chosen: { use } }) => (use?.padding === undefined ? '' : printPercent(use.padding)),
  },
  { head: 'stored', rank: 5, align: 'right', of: ({ storedBytes }) => printBytes(storedBytes) },
  { head: 'moved', rank: 6, align: 'right', of: ({ movedBytes }) => printBytes(movedBytes) },
  { head: 'FLOP', rank: 6, align: 'right', of: ({ flops }) => printCount(flops) },
];

interface Column {
  readonly head: string;
  readonly rank?: number;
  readonly align?: 'left' | 'right';
  readonly of: (layer: ExplainedLayer) => string;
}

function layerTable(layers: readonly ExplainedLayer[], width: number, paint: Paint): readonly string[] {
  const rows = [
    columns.map(({ head }) => paint.dim(head)),
    ...layers.map((layer) => columns.map(({ of }) => of(layer))),
  ];
  const tells = columns.map((_, i) => rows.slice(1).some((row) => row[i] !== ''));
  for (let least = 7; ; least--) {
    const shown = columns.flatMap(({ rank = 0 }, i) => (rank < least && tells[i] ? [i] : []));
    const lines = table(
      rows.map((row) => shown.map((i) => row[i])),
      shown.map((i) => columns[i].align ?? 'left'),
    );
    if (least === 1 || lines.every((line) => stripVTControlCharacters(line).length <= width)) return lines;
  }
}

/** What is the same of several layers is said once. */
function reasonsTogether(layers: readonly ExplainedLayer[], paint: Paint): readonly string[] {
  const by = new Map<string, readonly string[]>();
  for (const { name, whyNotAsked } of layers) by.set(whyNotAsked ?? '', [...(by.get(whyNotAsked ?? '') ?? []), name]);
  return Array.from(by, ([why, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    return `${paint.bold(shortName(first, 60))}${more}: ${why}`;
  });
}

const reason = (name: string, why: string | null, paint: Paint): readonly string[] => [
  `${paint.bold(shortName(name, 60))}: ${why ?? ''}`,
];

function detail(layer: ExplainedLayer, paint: Paint): readonly string[] {
  const { name, op, shape, output, macs, zeros, chosen, kernel, refusedBy, others, unfit, alternatives } = layer;
  return [
    paint.bold(visible(name)),
    `  ${op}, weights ${shape.join('x')}, output ${output.join('x')}, ${printPercent(zeros)} zeros; ${printCount(macs)} multiply-adds when dense`,
    `  ${paint.green(chosen.format)}, ${printBytes(chosen.bytes)}, by ${kernel === null ? 'its loops' : `${kernel} (${chosen.routine})`}: ${layer.why}`,
    `  ${printBytes(layer.storedBytes)} stored with its biases; a run moves ${printBytes(layer.movedBytes)} and does ${printCount(layer.flops)} FLOP`,
    ...(layer.whyNotSparse === null ? [] : [`  not sparse: ${layer.whyNotSparse}`]),
    ...table(
      [...[chosen, ...others].map((offer) => offerRow(offer, paint))],
      ['left', 'right', 'right', 'left', 'left'],
    ),
    ...unfit.map(({ format, reason: why }) => paint.dim(`  not ${format}: ${why}`)),
    ...othersInWords(chosen).map((line) => paint.dim(`  ${line}`)),
    ...refusedBy.map((refused) => paint.dim(`  not by ${refused.kernel}: ${refused.reason}`)),
    ...table(
      alternatives.map(({ pattern, ns, from }) => [
        `  pruned ${pattern === 'unstructured' ? pattern : `in ${pattern}`}`,
        ns === null ? '-' : printMicroseconds(ns),
        from === null ? paint.dim('never sparse') : `sparse from ${from} % zeros`,
      ]),
      ['left', 'right', 'left'],
    ),
    '',
  ];
}

const offerRow = (offer: ExplainedOffer, paint: Paint): readonly string[] => [
  `  ${offer.format}`,
  printBytes(offer.bytes),
  printMicroseconds(offer.ns),
  offer.wanted ? offerInWords(offer) : paint.dim(offer.zeros ? offerInWords(offer) : 'not wanted'),
];

function adviceTable(advice: readonly Advice[], paint: Paint): readonly string[] {
  const head = ['layer', 'prune to', 'predicted', 'whole filters', 'dense', ''].map((word) => paint.dim(word));
  const rows = advice.map(({ name, pattern, ns, structuredNs, denseNs, reason: why }) => [
    shortName(name, 28),
    pattern,
    ...[ns, structuredNs, denseNs].map(printMicroseconds),
    paint.dim(why),
  ]);
  return table([head, ...rows], ['left', 'left', 'right', 'right', 'right', 'left']);
}

function totals({ totals: all }: Explained): readonly string[] {
  const {
    ns,
    denseNs,
    bytes,
    denseBytes,
    storedBytes,
    halfBytes,
    movedBytes,
    launches,
    flops,
    arenaBytes,
    otherSteps,
  } = all;
  return [
    `layers with weights: ${printTime(ns / 1e6)} predicted, ${printTime(denseNs / 1e6)} if all were dense; ${printBytes(bytes)} of weights, ${printBytes(denseBytes)} dense`,
    `all constants: ${printBytes(storedBytes)} stored, ${printPercent(storedBytes / halfBytes)} of the weights as f16; a run moves ${printBytes(movedBytes)} and does ${printCount(flops)} FLOP in its layers, in an arena of ${printBytes(arenaBytes)}${launches === null ? '' : `, in ${launches} launches`}`,
    `${otherSteps} other steps, for which nothing is predicted`,
  ];
}
