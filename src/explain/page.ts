/** An explanation as a page: plots of what each layer holds and takes, and behind each layer all that was on offer. */

import type { Use } from '../plan/rates.ts';
import type { Bars } from '../plot/bars.ts';
import { barsPlot } from '../plot/bars.ts';
import type { Section } from '../plot/page.ts';
import { eitherOf, pageOf, tableOf } from '../plot/page.ts';
import type { Markup } from '../plot/svg.ts';
import { element, together } from '../plot/svg.ts';
import type { Advice } from './advise.ts';
import type { ExplainedLayer, ExplainedOffer, Explanation } from './explain.ts';
import { denseOf } from './explain.ts';
import { offerInWords, othersInWords, percent, times } from './reasons.ts';

export interface Explained extends Explanation {
  readonly model: string;
  readonly cpu: string | null;
  /** Where the rates come from, after `the rates`; null where the target has its own. */
  readonly tuning: string | null;
  readonly advice: readonly Advice[] | null;
}

/** Nanoseconds of steps by their names, as they were measured; where names repeat, in the order of the layers. */
export type Measured = readonly { readonly name: string; readonly ns: number }[];

/** The whole file: it loads nothing, and whatever comes from the model is escaped. */
export function explanationPage(explained: Explained, measured: Measured | undefined): string {
  const { model, target, cpu, tuning, layers, totals, advice } = explained;
  const on = `${target}${cpu === null ? '' : ` ${cpu}`}`;
  const stuck = layers.filter((layer) => layer.whyNotSparse !== null);
  const elsewhere = layers.filter((layer) => layer.whyNotAsked !== null);
  const onGpu = layers.flatMap(({ name, chosen }) => (chosen.use ? [{ name, chosen, use: chosen.use }] : []));
  const sections: readonly (Section | undefined)[] = [
    {
      title: 'In all',
      content: [
        tableOf(
          [{ head: '' }, { head: 'as chosen', align: 'right' }, { head: 'all dense', align: 'right' }],
          [
            ['time, predicted', times(totals.ns), times(totals.denseNs)],
            ['weights', bytes(totals.bytes), bytes(totals.denseBytes)],
          ],
        ),
        element('p', {}, storedText(totals)),
      ],
    },
    stuck.length === 0 ? undefined : { title: 'Why not sparse', content: stuck.map(stuckLayer) },
    elsewhere.length === 0 ? undefined : { title: 'Why not as asked', content: elsewhere.map(elsewhereLayer) },
    advice === null ? undefined : { title: 'What to prune to', content: [adviceTable(advice)] },
    { title: 'Time', text: timeText(measured, totals.otherSteps), content: [timePlot(layers, measured)] },
    onGpu.length === 0 ? undefined : { title: 'Use of the GPU', text: useText, content: [useTable(onGpu)] },
    { title: 'Zeros', content: [zerosPlot(layers)] },
    { title: 'Bytes of weights', content: [bytesPlot(layers)] },
    { title: 'Layers', text: 'Open a layer for everything that was on offer.', content: layers.map(details) },
  ];
  return pageOf({
    title: `${model} on ${on}`,
    lead: tuning === null ? 'Times are predicted.' : `Times are predicted by the rates ${tuning}.`,
    sections: sections.filter((section) => section !== undefined),
  });
}

function storedText({ storedBytes, halfBytes, movedBytes, flops, arenaBytes }: Explained['totals']): string {
  const share = halfBytes === 0 ? '' : `, ${((100 * storedBytes) / halfBytes).toFixed(1)} % of the weights as f16`;
  return (
    `All constants are stored in ${bytes(storedBytes)}${share}. ` +
    `A run moves ${bytes(movedBytes)}, and its layers do ${count(flops)} operations, in an arena of ${bytes(arenaBytes)}.`
  );
}

const timeText = (measured: Measured | undefined, others: number): string =>
  `${measured ? 'Measured: each step in the network, the median. ' : ''}${others} other steps have no weights, and nothing is predicted for them.`;

function timePlot(layers: readonly ExplainedLayer[], measured: Measured | undefined): Markup {
  const left = [...(measured ?? [])];
  const measuredOf = (name: string): number | null => {
    const at = left.findIndex((step) => step.name === name);
    return at < 0 ? null : left.splice(at, 1)[0].ns;
  };
  return plotOf({
    title: 'time of each layer',
    axis: { label: 'microseconds' },
    series: ['predicted', 'dense, predicted', ...(measured ? ['measured'] : [])],
    rows: layers.map((layer) => {
      const { name, chosen } = layer;
      const [full, took] = [denseOf(layer).ns, measuredOf(name)];
      const note = `${name}: ${chosen.format}, ${times(chosen.ns)}, dense ${times(full)}`;
      return {
        label: name,
        values: [chosen.ns / 1e3, full / 1e3, ...(measured ? [took === null ? null : took / 1e3] : [])],
        note: took === null ? note : `${note}, measured ${times(took)}`,
      };
    }),
  });
}

const plotOf = (bars: Bars): Markup => eitherOf(barsPlot(bars), barsPlot({ ...bars, narrow: true }));

const zerosPlot = (layers: readonly ExplainedLayer[]): Markup =>
  plotOf({
    title: 'zeros of each layer',
    axis: { label: 'per cent of weights' },
    series: ['zeros'],
    rows: layers.map(({ name, zeros, shape }) => ({
      label: name,
      values: [100 * zeros],
      note: `${name}: ${(100 * zeros).toFixed(1)} % of ${shape.join('x')}`,
    })),
  });

const bytesPlot = (layers: readonly ExplainedLayer[]): Markup =>
  plotOf({
    title: 'bytes of the weights of each layer',
    axis: { label: 'kilobytes' },
    series: ['as stored', 'dense', 'in the artefact, with biases'],
    rows: layers.map((layer) => ({
      label: layer.name,
      values: [layer.chosen.bytes / 1e3, denseOf(layer).bytes / 1e3, layer.storedBytes / 1e3],
      note: `${layer.name}: ${layer.chosen.format}, ${bytes(layer.chosen.bytes)}, dense ${bytes(denseOf(layer).bytes)}`,
    })),
  });

const stuckLayer = ({ name, whyNotSparse }: ExplainedLayer): Markup =>
  element('p', {}, element('strong', {}, name), `: ${whyNotSparse ?? ''}`);

const elsewhereLayer = ({ name, whyNotAsked }: ExplainedLayer): Markup =>
  element('p', {}, element('strong', {}, name), `: ${whyNotAsked ?? ''}`);

const useText =
  'Occupancy is the share of the threads of a multiprocessor that are at work. Padding is what is multiplied for nothing, against what is not.';

function useTable(
  layers: readonly { readonly name: string; readonly chosen: ExplainedOffer; readonly use: Use }[],
): Markup {
  const right = { align: 'right' } as const;
  return tableOf(
    [
      ...[{ head: 'layer' }, { head: 'computed by' }, { head: 'bound by' }, { head: 'a block' }],
      ...['blocks', 'occupancy', 'registers', 'shared', 'moved', 'padding'].map((head) => ({ head, ...right })),
    ],
    layers.map(({ name, chosen, use }) => [
      ...[name, chosen.routine, chosen.bound, use.tile ?? '–'],
      ...[count(use.blocks), percent(use.occupancy), use.registers === undefined ? '–' : count(use.registers)],
      use.shared === undefined ? '–' : bytes(use.shared),
      bytes(Math.round(use.bytes)),
      use.padding === undefined ? '–' : percent(use.padding),
    ]),
  );
}

const adviceTable = (advice: readonly Advice[]): Markup =>
  tableOf(
    [
      { head: 'layer' },
      { head: 'prune to' },
      { head: 'predicted', align: 'right' },
      { head: 'whole filters', align: 'right' },
      { head: 'dense', align: 'right' },
    ],
    advice.map(({ name, pattern, ns, structuredNs, denseNs }) => [
      name,
      pattern,
      ...[ns, structuredNs, denseNs].map(times),
    ]),
  );

function details(layer: ExplainedLayer): Markup {
  const { name, op, shape, output, zeros, chosen, others, unfit, kernel, refusedBy, alternatives, why } = layer;
  const summary = `${name}: ${chosen.format}, ${times(chosen.ns)}`;
  return element(
    'details',
    {},
    element('summary', {}, summary),
    element(
      'p',
      {},
      `${op}, weights ${shape.join('x')}, output ${output.join('x')}, ${(100 * zeros).toFixed(1)} % zeros.`,
    ),
    element('p', {}, `By ${kernel ?? 'its loops'}: ${why}.`),
    element(
      'p',
      {},
      `Stored in ${bytes(layer.storedBytes)} with its biases; a run moves ${bytes(layer.movedBytes)} and does ${count(layer.flops)} operations.`,
    ),
    ...(layer.whyNotSparse === null ? [] : [element('p', {}, `Not sparse: ${layer.whyNotSparse}.`)]),
    tableOf(
      [{ head: 'format' }, { head: 'bytes', align: 'right' }, { head: 'predicted', align: 'right' }, { head: '' }],
      [chosen, ...others].map((offer, i) => [
        i === 0 ? element('strong', {}, offer.format) : offer.format,
        bytes(offer.bytes),
        times(offer.ns),
        remark(offer),
      ]),
    ),
    ...(alternatives.length === 0
      ? []
      : [
          tableOf(
            [{ head: 'pruned' }, { head: 'predicted', align: 'right' }, { head: 'sparse from', align: 'right' }],
            alternatives.map(({ pattern, ns, from }) => [
              pattern,
              ns === null ? '–' : times(ns),
              from === null ? 'never' : `${from} % zeros`,
            ]),
          ),
        ]),
    ...list([
      ...unfit.map(({ format, reason }) => `not ${format}: ${reason}`),
      ...othersInWords(chosen),
      ...refusedBy.map((refused) => `not by ${refused.kernel}: ${refused.reason}`),
    ]),
  );
}

const remark = (offer: ExplainedOffer): string => (offer.wanted || offer.zeros ? offerInWords(offer) : 'not wanted');

const list = (lines: readonly string[]): readonly Markup[] =>
  lines.length === 0 ? [] : [element('ul', {}, together(...lines.map((line) => element('li', {}, line))))];

/** `1,234,567`. */
const count = (n: number): string => n.toLocaleString('en');

function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  return n < 999_500 ? `${(n / 1e3).toPrecision(3)} kB` : `${(n / 1e6).toPrecision(3)} MB`;
}
