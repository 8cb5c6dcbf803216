/** What `espalier bench` does. Loaded only when it runs, so that help comes at once. */
import { join } from 'node:path';
import { benchModel } from '../bench/bench.ts';
import { benchFiles } from '../bench/files.ts';
import type { BenchReport, LayerTiming } from '../bench/report.ts';
import { visible } from '../diagnostic.ts';
import { mayWriteFile, writeFiles } from '../make/file.ts';
import { loadModel } from '../make/load.ts';
import { partsFor } from '../make/parts.ts';
import type { Flags } from './bench.ts';
import type { Desk } from './desk.ts';
import { modelOf, targetOptionsOf } from './model.ts';
import { choicesOf } from './options.ts';
import type { Paint } from './paint.ts';
import { printCount, printError, printPercent, printTime, table } from './paint.ts';
import { verdictAsText } from './verify-model.ts';

/** Peers are native code, so by default ours is, for the same CPU. */
const defaults = { target: 'cpu', cpu: 'native' } as const;

export async function measure(model: string | undefined, flags: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  const choices = await choicesOf(model, flags, desk);
  const path = choices && modelOf(choices, report);
  if (!choices || path === undefined) return false;
  const target = choices.target ?? defaults.target;
  const cpu = choices.cpu ?? (target === defaults.target ? defaults.cpu : undefined);
  const { prefix: _prefix, ...wanted } = choices;
  const options = targetOptionsOf({ ...wanted, target, cpu });
  if (flags.layers && target !== 'cpu') {
    report({
      severity: 'error',
      code: 'bench/layers',
      message: `layers are timed on "cpu" alone, and the target is "${target}"`,
      hint: 'leave out --layers, or build for cpu',
    });
    return false;
  }
  const parts = partsFor(options, report);
  const out = flags.out ?? choices.out;
  if (!parts || (out !== undefined && !mayWriteFile(join(out, 'bench.json'), undefined, report))) return false;
  doing(`reading ${path}`);
  const loaded = loadModel(path, choices, report);
  if (!loaded) return false;
  const outcome = await benchModel({
    loaded,
    model: path,
    options,
    parts,
    against: flags.against ?? [],
    threads: flags.threads,
    layers: flags.layers ?? false,
    seconds: flags.seconds,
    rounds: flags.runs,
    journal: io.journal,
    signal: io.signal,
    report,
    doing,
  });
  if (!outcome) return false;
  if (!outcome.ok) {
    desk.print(outcome.verdict, (paint) => verdictAsText(outcome.verdict, path, 1, paint));
    return false;
  }
  const { bench } = outcome;
  if (out !== undefined && !writeFiles(join(out, 'bench.json'), benchFiles(bench), io.journal, report)) return false;
  desk.print(bench, (paint) => [
    ...asText(bench, paint),
    ...(out === undefined ? [] : ['', paint.dim(`written to ${out}`)]),
  ]);
  return true;
}

function asText({ machine, model, mask, threads, ours, peers, layers }: BenchReport, paint: Paint): readonly string[] {
  const head = ['', 'median', 'min', 'IQR', 'ratio', 'IQR', 'largest error'].map((word) => paint.dim(word));
  const own = [paint.bold('espalier'), ...times(ours), '', '', printError(ours.maxError)];
  const rows = peers.map((peer) => [
    peer.name,
    ...times(peer),
    paint.bold(`${peer.ratio.toFixed(2)}x`),
    peer.ratioIqr.toFixed(2),
    printError(peer.maxError),
  ]);
  const cores =
    machine.pinned.length > 0
      ? `, on ${machine.pinned.length === 1 ? 'core' : 'cores'} ${machine.pinned.join(', ')}`
      : '';
  const format = mask.format === null ? '' : `, mostly ${mask.format}`;
  return [
    `${visible(model)} on ${ours.target}${ours.cpu === null ? '' : ` ${ours.cpu}`}: ${printCount(mask.weights)} weights, ${printPercent(mask.zeros)} zero${format}`,
    paint.dim(
      `${machine.cpu}, ${threads === 1 ? 'one thread' : `${threads} threads`}${cores}; ${ours.runs} runs, taking turns; ratio = peer / espalier`,
    ),
    '',
    ...table([head, own, ...rows], ['left', 'right', 'right', 'right', 'right', 'right', 'right']),
    ...(layers.length > 0 ? ['', ...layersAsText(layers, ours.peakGflops ?? 0, paint)] : []),
  ];
}

const times = ({ medianMs, minMs, iqrMs }: BenchReport['ours'] | BenchReport['peers'][number]): readonly string[] =>
  [medianMs, minMs, iqrMs].map(printTime);

function layersAsText(layers: readonly LayerTiming[], peak: number, paint: Paint): readonly string[] {
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
    `milliseconds; GFLOP/s of nonzero multiply-adds, hot, against ${peak.toFixed(1)}, the most that the core did on registers alone`,
  ];
}

/** The end says more than the beginning. */
const short = (name: string): string => (name.length > 40 ? `…${name.slice(-39)}` : name);
