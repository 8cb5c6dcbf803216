/** What `espalier bench` does. Loaded only when it runs, so that help comes at once. */
import { basename, dirname, join, resolve } from 'node:path';
import { cpuNamed, cpuNames } from '../../targets/cpu/cpus.ts';
import { benchModel } from '../bench/bench.ts';
import { benchFiles } from '../bench/files.ts';
import type { BenchReport, LayerTiming } from '../bench/report.ts';
import type { Config } from '../config.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { visible } from '../diagnostic.ts';
import { mayWriteFile, writeFiles } from '../make/file.ts';
import { loadModel } from '../make/load.ts';
import { runsHere } from '../make/native.ts';
import type { CompileOptions } from '../make/parts.ts';
import { partsFor } from '../make/parts.ts';
import type { Flags } from './bench.ts';
import type { Desk } from './desk.ts';
import { modelOf } from './model.ts';
import { choicesOf } from './options.ts';
import type { Paint } from './paint.ts';
import { printCount, printError, printPercent, printTime, table } from './paint.ts';
import { tunedOptionsOf } from './tuned.ts';
import { verdictAsText } from './verify-model.ts';

/** Peers are native code, so by default ours is, for the same CPU. */
const defaults = { target: 'cpu', cpu: 'native' } as const;

export async function bench(model: string | undefined, flags: Flags, desk: Desk): Promise<boolean> {
  const fault = faultOf(model, flags);
  if (fault) {
    desk.report({ severity: 'error', ...fault });
    return false;
  }
  const choices = await choicesOf(model, flags, desk);
  if (!choices) return false;
  const target = choices.target ?? defaults.target;
  const cpu = choices.cpu ?? (target === defaults.target ? defaults.cpu : undefined);
  const { prefix: _prefix, threads: _threads, ...rest } = choices;
  // Layers are swept on one thread, and WebAssembly has no more.
  const wanted = { ...rest, ...(target === 'cpu' && !flags.crossover && { threads: flags.threads }) };
  const tuned = await tunedOptionsOf({ ...wanted, target, cpu }, flags.tuning, desk);
  if (!tuned) return false;
  const { options } = tuned;
  if ((flags.layers || flags.crossover) && target !== 'cpu') {
    const option = flags.layers ? '--layers' : '--crossover';
    desk.report({
      severity: 'error',
      code: 'bench/cpu-only',
      message: `layers are timed on "cpu" alone, and the target is "${target}"`,
      hint: `leave out ${option}, or time them on cpu`,
    });
    return false;
  }
  if (cpu !== undefined && cpuNames.includes(cpu) && !(cpuNamed(cpu).hosted && runsHere(cpu))) {
    desk.report({
      severity: 'error',
      code: 'bench/foreign-cpu',
      message: `programs for "${cpu}" do not run on this machine, and under an emulator times mean nothing`,
      hint: 'leave out --cpu, or time it on such a machine',
    });
    return false;
  }
  if (!flags.crossover) return measure(choices, options, flags, desk);
  const { crossover } = await import('./bench-crossover.ts');
  return crossover(options, flags, desk);
}

/** Without the folders that it lies in, but for the last one where every model's file is called the same. */
const nameOf = (file: string): string =>
  basename(file) === 'model.json' ? basename(dirname(resolve(file))) : basename(file);

/** Options that do not go together. */
function faultOf(model: string | undefined, flags: Flags): Pick<Diagnostic, 'code' | 'message' | 'hint'> | undefined {
  const { crossover, quick, layers, against, runs } = flags;
  const code = 'bench/options';
  if (quick && !crossover)
    return { code, message: '--quick belongs to --crossover', hint: 'add it, or leave out --quick' };
  if (crossover && model !== undefined)
    return { code, message: `--crossover takes no model, and "${model}" is given`, hint: 'it times layers of its own' };
  const idle = [layers && '--layers', against && '--against', runs !== undefined && '--runs'].find(Boolean);
  if (crossover && idle)
    return {
      code,
      message: `--crossover has no use for ${idle}`,
      hint: 'it times its own layers against ort and ort-int8',
    };
  return undefined;
}

async function measure(choices: Config, options: CompileOptions, flags: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  const path = modelOf(choices, report);
  if (path === undefined) return false;
  const parts = partsFor(options, report);
  const { out } = flags;
  if (!parts || (out !== undefined && !mayWriteFile(join(out, 'bench.json'), undefined, report))) return false;
  doing(`reading ${path}`);
  const loaded = loadModel(path, choices, report);
  if (!loaded) return false;
  const outcome = await benchModel({
    loaded,
    model: nameOf(loaded.file),
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
  const measured = outcome.bench;
  if (out !== undefined && !writeFiles(join(out, 'bench.json'), benchFiles(measured), io.journal, report)) return false;
  desk.print(measured, (paint) => [
    ...asText(measured, paint),
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
