/**
 * `npm run bench:threads [-- MODEL ...]`: what threads gain in WebAssembly, as data under test/bench/results/ with how busy the
 * machine was. A build for one thread and one for several, on one and on all of them, take turns in one process, and compute the
 * same bits. THREADS is how many (2), and SECONDS how long each model is measured (10).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rounded, summaryOf } from '../../src/bench/statistics.ts';
import type { Graph } from '../../src/index.ts';
import { build, importModel, printDiagnostic } from '../../src/index.ts';
import { packageFolder } from '../../src/make/package.ts';
import { keep } from './keep.ts';

const threads = Number(process.env.THREADS ?? 2);
const seconds = Number(process.env.SECONDS ?? 10);
const example = fileURLToPath(new URL('examples/blazepose-detector', packageFolder()));

type Values = Readonly<Record<string, Float32Array | Int32Array>>;

interface Model {
  readonly kernels: string;
  readonly threads?: number;
  readonly threadsReason?: string;
  readonly inputs: Values;
  readonly run: () => Values;
  readonly dispose: () => void;
}

/** Runs of a contender before the next has its turn. */
const turn = 4;

async function load(graph: Graph, out: string, built: number, wanted: number): Promise<Model> {
  const done = await build(graph, { target: 'wasm', out, threads: built, force: true });
  if (!done.ok) throw new Error(done.diagnostics.map(printDiagnostic).join('\n'));
  const binding = (await import(pathToFileURL(join(out, `${graph.name}.js`)).href)) as {
    readonly load: (source: undefined, options: { readonly threads: number }) => Promise<Model>;
  };
  const model = await binding.load(undefined, { threads: wanted });
  if ((model.threads ?? 1) < wanted) throw new Error(`${model.threads} threads run: ${model.threadsReason}`);
  for (const input of Object.values(model.inputs)) for (let i = 0; i < input.length; i++) input[i] = Math.sin(0.37 * i);
  return model;
}

const bits = (values: Values): Buffer =>
  Buffer.concat(Object.values(values).map((v) => Buffer.from(v.slice().buffer as ArrayBuffer)));

async function measure(path: string, folder: string) {
  const imported = await importModel(path);
  if (!imported.ok) throw new Error(imported.diagnostics.map(printDiagnostic).join('\n'));
  const { graph } = imported;
  const before = loadavg();
  const models = [
    { build: 1, threads: 1 },
    { build: threads, threads: 1 },
    { build: threads, threads },
  ].map((how) => ({ how, times: [] as number[] }));
  const loaded: Model[] = [];
  for (const { how } of models)
    loaded.push(await load(graph, join(folder, `${graph.name}-${how.build}`), how.build, how.threads));
  const [want, ...others] = loaded.map((model) => bits(model.run()));
  if (!others.every((have) => have.equals(want))) throw new Error(`${graph.name}: other bits`);
  for (const end = performance.now() + 1e3 * seconds; performance.now() < end; )
    for (const [i, { times }] of models.entries())
      for (let run = 0; run < turn; run++) {
        const since = performance.now();
        loaded[i].run();
        times.push(performance.now() - since);
      }
  const [{ kernels }] = loaded;
  for (const model of loaded) model.dispose();
  const summaries = models.map(({ how, times }) => ({ ...how, runs: times.length, ...summaryOf(times) }));
  const [one, , several] = summaries;
  const faster = { min: rounded(one.min / several.min), median: rounded(one.median / several.median) };
  console.log(
    `${graph.name}: ${one.min.toFixed(2)} ms on one thread, ${several.min.toFixed(2)} ms on ${threads}: ${faster.min.toFixed(2)}x (medians ${faster.median.toFixed(2)}x), at a load of ${before[0].toFixed(1)}`,
  );
  const times = summaries.map(({ min, median, iqr, ...rest }) => ({
    ...rest,
    minMs: rounded(min),
    medianMs: rounded(median),
    iqrMs: rounded(iqr),
  }));
  return { model: basename(path), kernels, load: before.map(rounded), faster, times };
}

const folder = mkdtempSync(join(tmpdir(), 'espalier-threads-'));
const asked = process.argv.slice(2);
const results: Awaited<ReturnType<typeof measure>>[] = [];
for (const model of asked.length > 0 ? asked : [example]) results.push(await measure(model, folder));
rmSync(folder, { recursive: true });
keep(results, 'threads');
