/** A measurement as a page with plots. */
import { barsPlot } from '../plot/bars.ts';
import type { Section } from '../plot/page.ts';
import { pageOf, tableOf } from '../plot/page.ts';
import { printAdapter } from '../toolchain/adapter.ts';
import { printDevice } from './cuda-device.ts';
import type { BenchReport, LayerTiming, Machine } from './report.ts';
import { webSections } from './web/page-sections.ts';

/** The whole file of HTML. */
export const benchPage = (bench: BenchReport): string =>
  pageOf({
    title: `${bench.model}: time of a run`,
    lead: leadOf(bench),
    sections: [
      contenders(bench),
      ...webSections(bench),
      ...(bench.layers.length > 0 ? layerSections(bench) : []),
      ...layerPeerSections(bench),
    ],
  });

export const machineText = ({ cpu, pinned, compiler, flags, platform, node, date }: Machine): string =>
  [
    cpu,
    ...(pinned.length > 0 ? [`on ${pinned.length === 1 ? 'core' : 'cores'} ${pinned.join(', ')}`] : []),
    ...(compiler === null ? [] : [`${compiler} ${flags.join(' ')}`]),
    `Node.js ${node}, ${platform}`,
    date,
  ].join('; ');

const leadOf = ({ machine, mask, threads, place, adapter, device, ours }: BenchReport): string => {
  const format = mask.format === null ? '' : `, mostly ${mask.format}`;
  return (
    `${mask.weights} weights, ${percent(mask.zeros)} zero${format}. ` +
    `${ours.target}${ours.web ? ` in ${place.version}` : ''}${adapter ? ` on ${printAdapter(adapter)}` : ''}${device ? ` on ${printDevice(device)}` : ''}${ours.cpu === null ? '' : ` ${ours.cpu}`}, ${threads === 1 ? 'one thread' : `${threads} threads`}, taking turns. ${machineText(machine)}.${adapter?.note ? ` ${adapter.note}.` : ''}`
  );
};

function contenders({ ours, peers }: BenchReport): Section {
  const all = [{ name: 'espalier', ...ours, ratio: 1, ratioIqr: 0 }, ...peers];
  return {
    title: 'Against others',
    text: 'ratio = peer / espalier, the median of the rounds; IQR is the distance between the quartiles.',
    content: [
      barsPlot({
        title: 'milliseconds of a run',
        axis: { label: 'milliseconds' },
        series: ['median', 'min'],
        rows: all.map(({ name, medianMs, minMs }) => ({ label: name, values: [medianMs, minMs] })),
      }),
      tableOf(
        [{ head: '' }, ...['median ms', 'min ms', 'IQR ms', 'ratio', 'IQR', 'largest error'].map(right)],
        all.map((c) => [
          c.name,
          ...[c.medianMs, c.minMs, c.iqrMs].map((ms) => ms.toFixed(3)),
          c.ratio.toFixed(2),
          c.ratioIqr.toFixed(2),
          c.maxError === null ? 'not compared' : c.maxError.toExponential(1),
        ]),
      ),
    ],
  };
}

function layerSections({ layers, ours, device }: BenchReport): readonly Section[] {
  const numbered = layers.map((layer, i) => ({ layer, label: `${layer.name} ${i}` }));
  const working = numbered.filter(({ layer }) => layer.macs > 0);
  const sorted = numbered.toSorted((a, b) => b.layer.minMs - a.layer.minMs);
  const rows = (list: typeof numbered) =>
    list.map(({ layer, label }) => ({ label, values: [layer.minMs, layer.hotMinMs], note: noteOf(layer) }));
  const bars = {
    title: 'milliseconds of each layer',
    axis: { label: 'milliseconds' },
    series: ['in the network, at best', 'hot, at best'],
  };
  return [
    {
      title: 'Layers, in order',
      text: 'In the network every layer runs once, its data where the layer before left them; hot it runs again and again.',
      content: [barsPlot({ ...bars, rows: rows(numbered) })],
    },
    { title: 'Layers, the slowest first', content: [barsPlot({ ...bars, rows: rows(sorted.slice(0, 20)) })] },
    {
      title: 'Share of the peak',
      text: `Multiply-adds with weights that are kept, hot, against the ${(ours.peakGflops ?? 0).toFixed(1)} GFLOP/s that ${device ? 'its clock allows for f32 off the tensor cores' : 'the core did on registers alone'}.`,
      content: [
        barsPlot({
          title: 'share of the peak',
          axis: { label: '% of peak' },
          series: ['% of peak'],
          rows: working.map(({ layer, label }) => ({
            label,
            values: [100 * layer.peakShare],
            note: noteOf(layer),
          })),
        }),
      ],
    },
    { title: 'All figures', content: [layersTable(layers)] },
  ];
}

const layerPeerSections = ({ layerPeers }: BenchReport): readonly Section[] =>
  layerPeers.length === 0
    ? []
    : [
        {
          title: 'Layers by libraries',
          text: 'By PyTorch, each by itself, with nothing in the second cache; hot again and again.',
          content: [
            tableOf(
              [
                { head: 'layer' },
                { head: 'peer' },
                { head: 'library' },
                ...['median ms', 'min ms', 'hot ms'].map(right),
              ],
              layerPeers.flatMap((peer) =>
                peer.layers.map((l) => [
                  l.name,
                  peer.name,
                  l.library,
                  ...[l.medianMs, l.minMs, l.hotMinMs].map((ms) => ms.toFixed(4)),
                ]),
              ),
            ),
          ],
        },
      ];

const layersTable = (layers: readonly LayerTiming[]) =>
  tableOf(
    [
      ...['layer', 'op', 'output', 'format', 'kernel'].map((head) => ({ head })),
      ...['kept', 'MACs', 'nonzero', 'min ms', 'median ms', 'hot ms', 'GFLOP/s', 'of peak'].map(right),
    ],
    layers.map((l) => [
      l.name,
      l.op,
      l.shape.join('x'),
      l.format ?? '',
      l.kernel ?? 'loops',
      l.density === null ? '' : percent(l.density),
      l.macs,
      l.nonzeroMacs,
      ...[l.minMs, l.medianMs, l.hotMinMs].map((ms) => ms.toFixed(4)),
      l.macs > 0 ? l.gflops.toFixed(1) : '',
      l.macs > 0 ? percent(l.peakShare) : '',
    ]),
  );

const noteOf = ({ name, op, shape, format, kernel, density, minMs, hotMinMs, peakShare }: LayerTiming): string =>
  [
    name,
    `${op} ${shape.join('x')}`,
    [format, density === null ? '' : `${percent(density)} kept`].filter(Boolean).join(', '),
    `kernel ${kernel ?? '(loops)'}`,
    `${minMs.toFixed(4)} ms, hot ${hotMinMs.toFixed(4)} ms, ${percent(peakShare)} of peak`,
  ]
    .filter(Boolean)
    .join('\n');

const right = (head: string) => ({ head, align: 'right' as const });

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
