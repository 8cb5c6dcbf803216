/**
 * `npm run bench:wasm [-- MODEL ...]`: multiply-adds a nanosecond of kernels in WebAssembly, and which share that is of what
 * the engine multiplies and adds at most. Weights that are zero do not count. Without models these are layers of several
 * sparsities, in real numbers and in whole ones, kept as data under test/bench/results/. Every figure is that of the fastest of
 * many runs, which alternate with
 * the probe, in time of this process alone.
 */
import { setFlagsFromString } from 'node:v8';
import { compile } from '../../src/compile.ts';
import { printDiagnostic } from '../../src/diagnostic.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { loadModel } from '../../src/make/load.ts';
import { partsFor } from '../../src/make/parts.ts';
import { lower } from '../../src/plan/lower.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { portable, relaxed } from '../../targets/wasm/instructions.ts';
import { kernels } from '../../targets/wasm/kernels/index.ts';
import { keep } from './keep.ts';
import { layers, pairedLayers } from './wasm-layers.ts';
import { probeOf } from './wasm-probe.ts';
import type { TimedStep } from './wasm-steps.ts';
import { timedSteps } from './wasm-steps.ts';

// Engines of today know it; Node 20 has to be told before it compiles.
setFlagsFromString('--experimental-wasm-relaxed-simd');
// What is timed is what the engine's best compiler makes: on a busy machine it comes to layers of few calls too late.
for (const flag of ['--no-liftoff', '--no-wasm-lazy-compilation']) setFlagsFromString(flag);

const rounds = Number(process.env.ROUNDS ?? 40);
const sets = ['portable', 'relaxed'] as const;
type PerSet = Record<(typeof sets)[number], number>;

/** Nanoseconds of this process in one call: what other programs do meanwhile does not count. */
function time(run: () => void): number {
  const since = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(since);
  return 1000 * (user + system);
}

const probes = { portable: await probeOf(portable, time), relaxed: await probeOf(relaxed, time) };

/** The fastest calls of each step, in nanoseconds. */
function timesOf(steps: readonly TimedStep[]): readonly PerSet[] {
  const times = steps.map(() => ({ portable: Infinity, relaxed: Infinity }));
  for (let round = 0; round < rounds; round++)
    for (const set of sets)
      steps.forEach((step, i) => {
        if (i % 8 === 0) probes[set]();
        times[i][set] = Math.min(times[i][set], time(step[set]));
      });
  return times;
}

function planOf(path: string): Plan {
  const loaded = loadModel(path, {}, (d) => console.error(printDiagnostic(d)));
  const parts = partsFor({ target: 'wasm' }, (d) => console.error(printDiagnostic(d)));
  const out = loaded && parts && compile({ graph: loaded.graph, ...parts });
  if (!out?.ok) throw new Error(`"${path}" is not compiled`);
  return out.plan;
}

const rounded = (x: number): number => Math.round(100 * x) / 100;

/** Of products in so many nanoseconds: those of one, and the share of the most that the engine has. */
function rateOf(products: number, ns: PerSet) {
  const of = (set: keyof PerSet) => {
    const rate = products / ns[set];
    return { rate: rounded(rate), share: rounded(rate / probes[set]()) };
  };
  return { portable: of('portable'), relaxed: of('relaxed') };
}

const routineOf = ({ step: { work } }: TimedStep): string =>
  work.kind === 'routines' ? work.calls[0].routine.name : 'loops';

/** As the target's prices call what does the work. */
function familyOf(routine: string): string {
  if (routine.startsWith('linear')) return routine === 'linear-dense' ? 'streamed' : 'looked up';
  return routine.includes('csr') ? 'single' : 'quads';
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

const line = (products: number, ns: PerSet): string =>
  Object.entries(rateOf(products, ns))
    .map(([set, { rate, share }]) =>
      `${set} ${(ns[set as keyof PerSet] / 1e6).toFixed(3)} ms ${rate.toFixed(1)}/ns ${Math.round(100 * share)} %`.padEnd(
        38,
      ),
    )
    .join('');

async function reportModel(path: string): Promise<void> {
  const steps = await timedSteps(planOf(path));
  const times = timesOf(steps);
  console.log(path);
  steps.forEach((s, i) => {
    console.log(line(s.products, times[i]), routineOf(s).padEnd(42), s.step.line);
  });
  const sum = (set: keyof PerSet): number => times.reduce((total, t) => total + t[set], 0);
  const products = steps.reduce((total, s) => total + s.products, 0);
  console.log(line(products, { portable: sum('portable'), relaxed: sum('relaxed') }), 'all steps');
}

async function reportLayer(title: string, graph: Graph) {
  const steps = (await timedSteps(lower(graph, kernels))).filter((s) => s.products > 0);
  const [ns] = timesOf(steps);
  const [step] = steps;
  console.log(line(step.products, ns), title);
  return { title, routine: routineOf(step), ...rateOf(step.products, ns) };
}

/** A layer in whole numbers of 8 bits, by turns with the same one in real numbers. */
async function reportWhole(title: string, graph: Graph, whole: Graph) {
  const layerOf = async (g: Graph): Promise<TimedStep> =>
    (await timedSteps(lower(g, kernels))).filter((s) => s.products > 0)[0];
  const steps = [await layerOf(graph), await layerOf(whole)];
  const [real, made] = timesOf(steps);
  const { products } = steps[1];
  const faster = Object.fromEntries(sets.map((set) => [set, rounded(real[set] / made[set])]));
  const rate = rounded(products / made.portable);
  console.log(
    `${rate.toFixed(1)}/ns ${sets.map((set) => `${faster[set].toFixed(2)}x of ${set}`).join(', ')}`.padEnd(52),
    title,
  );
  return { title, routine: routineOf(steps[1]), rate, faster };
}

const paths = process.argv.slice(2);
for (const path of paths) await reportModel(path);
if (paths.length === 0) {
  const results: Awaited<ReturnType<typeof reportLayer>>[] = [];
  for (const { title, graph } of layers) results.push(await reportLayer(title, graph));
  const most = Object.fromEntries(sets.map((set) => [set, rounded(probes[set]())]));
  const rates = Object.fromEntries(
    ['quads', 'single', 'streamed', 'looked up'].map((family) => {
      const of = results.filter(({ title, routine }) => !title.startsWith('depthwise') && familyOf(routine) === family);
      return [family, Object.fromEntries(sets.map((set) => [set, median(of.map((r) => r[set].rate))]))];
    }),
  );
  for (const [family, { portable, relaxed }] of Object.entries(rates))
    console.log(`${family}: ${portable} in the portable set, ${relaxed} in the relaxed one`);
  keep([{ most, rates, layers: results }], 'wasm-kernels');
  const wholes: object[] = [];
  for (const { title, graph, whole } of pairedLayers) wholes.push(await reportWhole(title, graph, whole));
  keep([{ layers: wholes }], 'wasm-whole-kernels');
}
