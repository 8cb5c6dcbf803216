/** A measurement, for people. */

import { printDevice } from '../bench/cuda-device.ts';
import { printLink } from '../bench/link.ts';
import type { BenchReport, LayerTiming } from '../bench/report.ts';
import { sum } from '../bench/web/shipped.ts';
import { visible } from '../diagnostic.ts';
import { printAdapter } from '../toolchain/adapter.ts';
import type { Paint } from './paint.ts';
import { printBytes, printCount, printError, printPercent, printTime, table } from './paint.ts';

export function asText(report: BenchReport, paint: Paint): readonly string[] {
  const { machine, model, mask, threads, place, adapter, device, ours, peers, layers } = report;
  const head = ['', 'median', 'min', 'IQR', 'ratio', 'IQR', 'largest error'].map((word) => paint.dim(word));
  const own = [paint.bold('espalier'), ...times(ours), '', '', printError(ours.maxError)];
  const rows = peers.map((peer) => [
    peer.name,
    ...times(peer),
    paint.bold(`${peer.ratio.toFixed(2)}x`),
    peer.ratioIqr.toFixed(2),
    peer.maxError === null ? 'not compared' : printError(peer.maxError),
  ]);
  const cores =
    machine.pinned.length > 0
      ? `, on ${machine.pinned.length === 1 ? 'core' : 'cores'} ${machine.pinned.join(', ')}`
      : '';
  const format = mask.format === null ? '' : `, mostly ${mask.format}`;
  return [
    `${visible(model)} on ${ours.target}${ours.cpu === null ? '' : ` ${ours.cpu}`}: ${printCount(mask.weights)} weights, ${printPercent(mask.zeros)} zero${format}`,
    paint.dim(
      `${machine.cpu}, ${threads === 1 ? 'one thread' : `${threads} threads`}${cores}${ours.web ? `, in ${place.version}` : ''}; ${ours.runs} runs, taking turns; ratio = peer / espalier`,
    ),
    ...(adapter ? [`adapter: ${visible(printAdapter(adapter))}`] : []),
    ...(device ? [`device: ${visible(printDevice(device))}; second cache written over before each run`] : []),
    '',
    ...table([head, own, ...rows], ['left', 'right', 'right', 'right', 'right', 'right', 'right']),
    ...(adapter?.note ? [paint.yellow(adapter.note)] : []),
    ...webAsText(report, paint),
    ...gpuAsText(report, paint),
    ...(layers.length > 0 ? ['', ...layersAsText(layers, peakText(report), paint)] : []),
    ...layerPeersAsText(report, paint),
  ];
}

/** What WebGPU was given, and what the plan says of a run: nothing for other targets. */
function gpuAsText({ ours, peers }: BenchReport, paint: Paint): readonly string[] {
  const { counts } = ours;
  if (!counts) return [];
  const rows = [{ name: 'espalier', web: ours.web }, ...peers].flatMap(({ name, web }) =>
    web?.start.gpu ? [[name, printBytes(web.start.gpu.uploadedBytes), printBytes(web.start.gpu.heldBytes)]] : [],
  );
  const head = ['', 'uploaded', 'held'].map((word) => paint.dim(word));
  const share =
    counts.share === null ? '' : `, ${printPercent(counts.share)} of all as f16 (${printBytes(counts.denseHalfBytes)})`;
  return [
    ...(rows.length === 0 ? [] : ['', ...table([head, ...rows], ['left', 'right', 'right'])]),
    ...(rows.length === 0
      ? []
      : [paint.dim('bytes that WebGPU was given until the first result, and the most that its buffers held')]),
    '',
    `from the plan: ${printBytes(counts.weightBytes)} of weights${share}; in a run ${printBytes(counts.movedBytes)} moved, ${printCount(counts.flops)} FLOP (dense: ${printCount(counts.denseFlops)}), ${counts.dispatches} dispatches in ${printBytes(counts.memoryBytes)}`,
  ];
}

/** What counts in a page besides: nothing where it was not measured. */
function webAsText({ ours, peers, link }: BenchReport, paint: Paint): readonly string[] {
  if (!ours.web || link === null) return [];
  const all = [{ name: 'espalier', web: ours.web }, ...peers];
  const first = ours.web.start.totalMs;
  const head = ['', 'first result', 'ratio', 'download', 'load', 'first run', 'second run', 'memory'];
  const starts = all.flatMap(({ name, web }) => {
    if (!web) return [];
    const { totalMs, downloadMs, loadMs, firstMs, secondMs, peakBytes } = web.start;
    const ratio = name === 'espalier' ? '' : paint.bold(`${(totalMs / first).toFixed(2)}x`);
    const phases = [downloadMs, loadMs, firstMs, secondMs].map((ms) => (ms === null ? '' : printTime(ms)));
    return [[name, printTime(totalMs), ratio, ...phases, peakBytes === null ? '' : printBytes(peakBytes)]];
  });
  const sizes = all.flatMap(({ name, web }) => {
    if (!web?.ships) return [];
    const { code, weights } = web.ships;
    const { raw, gzip, brotli } = sum(code, weights);
    return [[name, ...[raw, gzip, brotli, code.brotli, weights.brotli].map(printBytes), web.version ?? '']];
  });
  const right = Array.from({ length: 7 }, () => 'right' as const);
  return [
    '',
    ...table([head.map((word) => paint.dim(word)), ...starts], ['left', ...right]),
    paint.dim(
      `medians of ${ours.web.start.starts} fresh starts; download computed from brotli bytes at ${printLink(link)}; memory: the most that the process had`,
    ),
    '',
    ...table(
      [['', 'shipped', 'gzip', 'brotli', 'code', 'weights', ''].map((word) => paint.dim(word)), ...sizes],
      ['left', ...right.slice(0, 5), 'left'],
    ),
    paint.dim('code and weights as brotli'),
  ];
}

const times = ({ medianMs, minMs, iqrMs }: BenchReport['ours'] | BenchReport['peers'][number]): readonly string[] =>
  [medianMs, minMs, iqrMs].map(printTime);

/** What shares of the peak are shares of. */
function peakText({ ours, device }: BenchReport): string {
  const peak = (ours.peakGflops ?? 0).toFixed(1);
  return device
    ? `${peak}, the most of f32 off the tensor cores by the clock`
    : `${peak}, the most that the core did on registers alone`;
}

function layersAsText(layers: readonly LayerTiming[], peak: string, paint: Paint): readonly string[] {
  const head = [
    'layer',
    'op',
    'output',
    'format',
    'kernel',
    'kept',
    'MACs',
    'nonzero',
    'min',
    'median',
    'hot',
    'GFLOP/s',
    'of peak',
  ];
  const rows = layers.map((layer) => [
    short(visible(layer.name)),
    layer.op,
    layer.shape.join('x'),
    layer.format ?? '',
    layer.kernel ?? paint.yellow('loops'),
    layer.density === null ? '' : printPercent(layer.density),
    layer.macs > 0 ? printCount(layer.macs) : '',
    layer.macs > 0 ? printCount(layer.nonzeroMacs) : '',
    ...[layer.minMs, layer.medianMs, layer.hotMinMs].map((ms) => ms.toFixed(3)),
    layer.macs > 0 ? layer.gflops.toFixed(1) : '',
    layer.macs > 0 ? printPercent(layer.peakShare) : '',
  ]);
  const sum = (of: (layer: LayerTiming) => number): string =>
    layers.reduce((total, layer) => total + of(layer), 0).toFixed(3);
  const total = [
    'all',
    '',
    '',
    '',
    '',
    '',
    '',
    '',
    sum((l) => l.minMs),
    sum((l) => l.medianMs),
    sum((l) => l.hotMinMs),
    '',
    '',
  ];
  const right = ['left', 'left', 'left', 'left', 'left', ...Array.from({ length: 8 }, () => 'right' as const)] as const;
  return [
    ...table([head.map((word) => paint.dim(word)), ...rows, total.map((word) => paint.bold(word))], right),
    '',
    `milliseconds; GFLOP/s of nonzero multiply-adds, hot, against ${peak}`,
  ];
}

/** Layers with weights beside those of libraries, cold: milliseconds of ours and theirs. */
function layerPeersAsText({ layers, layerPeers }: BenchReport, paint: Paint): readonly string[] {
  if (layerPeers.length === 0) return [];
  const ours = layers.filter(({ density }) => density !== null);
  const head = ['layer', 'espalier', ...layerPeers.map(({ name }) => name)].map((word) => paint.dim(word));
  const rows = ours.map(({ name, medianMs }) => [
    short(visible(name)),
    medianMs.toFixed(4),
    ...layerPeers.map((peer) => {
      const found = peer.layers.find((layer) => layer.name === name);
      return found ? `${found.medianMs.toFixed(4)} (${found.library})` : '';
    }),
  ]);
  return [
    '',
    ...table([head, ...rows], ['left', ...Array.from({ length: 1 + layerPeers.length }, () => 'right' as const)]),
    '',
    'milliseconds, medians; ours in the network, those of libraries by themselves, with nothing in the second cache',
  ];
}

/** The end says more than the beginning. */
const short = (name: string): string => (name.length > 40 ? `…${name.slice(-39)}` : name);
