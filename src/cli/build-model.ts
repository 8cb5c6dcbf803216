/** What `espalier build` does, from flags to printed report. Loaded only when it runs, so that help comes at once. */
import { visible } from '../diagnostic.ts';
import { budgetFor } from '../make/budget.ts';
import type { Built } from '../make/build.ts';
import { buildFolder } from '../make/build.ts';
import { mayWrite } from '../make/folder.ts';
import { loadModel } from '../make/load.ts';
import type { Manifest } from '../make/manifest.ts';
import { compileWith, partsFor } from '../make/parts.ts';
import { manifestWeights } from '../make/storage.ts';
import type { Plan } from '../plan/plan.ts';
import type { BuildReport, Launched, LayerReport } from '../plan/report.ts';
import { launchedBy, reportBuild } from '../plan/report.ts';
import type { Estimate } from '../target.ts';
import type { KernelUse } from '../toolchain/ptxas.ts';
import { sharesText, weighedLine } from './budget-text.ts';
import type { Flags } from './build.ts';
import type { Desk } from './desk.ts';
import { modelOf } from './model.ts';
import { choicesOf } from './options.ts';
import type { Paint } from './paint.ts';
import { paintFor, printBytes, printCount, table } from './paint.ts';
import { qualityLines } from './quality-text.ts';
import { tunedOptionsOf } from './tuned.ts';
import { dumpFiles, isDumpable, printDumps, printPlan, printTimes, watching } from './watching.ts';

export async function build(model: string | undefined, flags: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  const choices = await choicesOf(model, flags, desk);
  const path = choices && modelOf(choices, report);
  if (!choices || path === undefined) return false;
  if (choices.split) return (await import('./build-split.ts')).buildSplit(path, choices, flags, desk);
  const tuned = await tunedOptionsOf(choices, flags.tuning, desk);
  const parts = tuned && partsFor(tuned.options, report);
  if (!tuned || !parts || !isDumpable(flags.printIrAfter, parts.passes, report)) return false;
  const sourceOnly = flags.sourceOnly ?? choices.sourceOnly;
  const budget =
    choices.budget === undefined
      ? undefined
      : budgetFor(choices.budget, { target: tuned.options.target, sourceOnly }, report);
  if (choices.budget !== undefined && !budget) return false;
  const out = flags.out ?? choices.out;
  if (out !== undefined && !mayWrite(out, flags, report)) return false;

  doing(`reading ${path}`);
  const { options, tuning } = tuned;
  const watched = watching(flags.printIrAfter);
  const loaded = loadModel(path, choices, report);
  if (!loaded) return false;
  const { graph, quality, samples, storage } = loaded;
  watched.read(graph);
  doing(`compiling ${graph.name} for ${options.target}`);
  const outcome = compileWith(graph, options, { ...parts, ...watched, typical: samples });
  outcome.diagnostics.forEach(report);
  io.err.write(printDumps(watched.dumps));
  if (!outcome.ok) return false;
  if (flags.printPlan) io.err.write(lines(printPlan(outcome)));

  const folder = out ?? `${graph.name}-${options.target}`;
  const built = await buildFolder(
    folder,
    outcome,
    {
      ...options,
      rounding: manifestWeights(loaded),
      sourceOnly,
      budget,
      onWeighed: (weighed) => io.err.write(lines(sharesText(weighed, paintFor(io.err)))),
      force: flags.force ?? false,
      journal: io.journal,
      signal: io.signal,
      dumps: out === undefined ? [] : dumpFiles(watched.dumps),
      onTask: (task) => task !== null && doing(`building ${task}`),
    },
    report,
  );
  watched.stage('build');
  if (flags.timing) io.err.write(lines(printTimes(watched.times)));
  if (!built) return false;
  const { layers, arena } = reportBuild(outcome.graph, outcome.plan, parts.target.ownStorage ?? parts.target.price);
  const { files } = built.manifest;
  // Others rely on these keys; what computes each layer is for --print-plan.
  const stored = layers.map(({ kernel: _kernel, refused: _refused, ...layer }) => layer);
  const { estimate } = outcome;
  const shown = estimate && flags.report ? estimate : undefined;
  const data = {
    files,
    layers: stored,
    arena,
    ...(quality && { quantization: quality }),
    ...(storage !== undefined && { weights: storage }),
    ...(estimate && { estimate }),
    ...(built.kernels && { kernels: usesOf(built.kernels, outcome.plan) }),
  };
  desk.print(data, (paint) => [
    ...(estimate ? hardwareText(folder, built, shown, paint) : asText(folder, built, { layers, arena, tuning }, paint)),
    ...(quality ? ['', ...qualityLines(quality, paint, storage)] : []),
  ]);
  return built.complete;
}

const lines = (text: readonly string[]): string => text.map((line) => `${line}\n`).join('');

function asText(
  folder: string,
  { manifest: { target, cpu, files, inputs }, complete, kernels, weighed }: Built,
  { layers, arena, tuning }: BuildReport & { readonly tuning: string | null },
  paint: Paint,
): readonly string[] {
  const shown = files.filter(({ role }) => role !== 'dump');
  const inputsOf = inputs.map(({ name }) => `--input ${shellWord(`${name}=random:1`)}`).join(' ');
  return [
    `${paint.green(complete ? 'built' : 'written')} ${paint.bold(folder)} for ${target}${cpu === null ? '' : ` ${cpu}`}`,
    '',
    ...table(
      shown.map(({ path, bytes, role }) => [path, printBytes(bytes), paint.dim(role)]),
      ['left', 'right'],
    ),
    '',
    ...table(formatsOf(layers, paint), ['left', 'right', 'right', 'right']),
    '',
    ...(tuning !== null && (cpu === 'native' || target === 'cuda')
      ? [`formats chosen by the rates ${visible(tuning)}`]
      : []),
    ...(weighed ? [weighedLine(weighed)] : []),
    ...(kernels ? [usesLine(kernels)] : []),
    `memory for a run: ${printBytes(arena.peak)} (buffers side by side take ${printBytes(arena.sum)}, alive at once are ${printBytes(arena.bound)})`,
    ...(complete && isRunnable(files) ? ['', paint.dim(`espalier run ${shellWord(folder)} ${inputsOf}`)] : []),
  ];
}

/** What the compiler says of each kernel, with what launches it. */
function usesOf(kernels: readonly KernelUse[], plan: Plan): readonly (KernelUse & Launched)[] {
  const launched = launchedBy(plan);
  return kernels.map((use) => ({ ...use, ...(launched.get(use.kernel) ?? { launchShared: 0, calls: [] }) }));
}

/** The most of all kernels, and those that spill. */
function usesLine(kernels: readonly KernelUse[]): string {
  const names = new Set(kernels.map(({ kernel }) => kernel));
  const most = kernels.reduce((a, b) => (b.registers > a.registers ? b : a));
  const spilling = [...new Set(kernels.filter(({ spills }) => spills > 0).map(({ kernel }) => kernel))];
  const spills = spilling.length === 0 ? 'none spills' : `${spilling.join(', ')} spill registers`;
  return `${names.size} kernels: up to ${most.registers} registers a thread ("${most.kernel}" for ${most.arch}), ${spills}`;
}

/** Of hardware the layers are what is to be seen, and sources are many. */
function hardwareText(
  folder: string,
  { manifest: { target, files } }: Built,
  estimate: Estimate | undefined,
  paint: Paint,
): readonly string[] {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    `${paint.green('written')} ${paint.bold(folder)} for ${target}: ${files.length} files, ${printBytes(bytes)}; README.md says how to go on`,
    ...(estimate ? ['', ...estimateText(estimate, paint)] : []),
  ];
}

export function estimateText({ columns, rows, notes }: Estimate, paint: Paint): readonly string[] {
  const cell = (value: string | number): string => (typeof value === 'number' ? printCount(value) : visible(value));
  const sides = columns.map((_, i) => (typeof rows[0]?.[i] === 'number' ? 'right' : 'left'));
  return [...table([columns.map((c) => paint.dim(c)), ...rows.map((row) => row.map(cell))], sides), '', ...notes];
}

/** For a board without an operating system there are only objects to link. */
const isRunnable = (files: Manifest['files']): boolean =>
  files.some(({ path, role }) => role === 'binary' && !path.endsWith('.o'));

/** Rows that say how many layers each format holds. */
function formatsOf(layers: readonly LayerReport[], paint: Paint): readonly (readonly string[])[] {
  const by = new Map<string, readonly LayerReport[]>();
  for (const layer of layers) {
    const [format] = layer.format.split(' ', 1);
    by.set(format, [...(by.get(format) ?? []), layer]);
  }
  const sum = (group: readonly LayerReport[], of: (layer: LayerReport) => number): number =>
    group.reduce((total, layer) => total + of(layer), 0);
  const rows = Array.from(by, ([format, group]) => {
    const kernels = group.filter(({ kernel }) => kernel !== null).length;
    return [
      format,
      String(group.length),
      printBytes(sum(group, (l) => l.bytes)),
      printCount(sum(group, (l) => l.macs)),
      kernels === group.length ? '' : `${group.length - kernels} without a kernel`,
    ];
  });
  return [['format', 'layers', 'weights', 'MACs when dense', ''].map((word) => paint.dim(word)), ...rows];
}

/** As it can be pasted into a shell. */
const shellWord = (text: string): string => {
  const safe = visible(text);
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", `'\\''`)}'`;
};
