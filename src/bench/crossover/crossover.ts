/** Sweeps shapes, patterns and shares of zeros on this machine, and says from where on sparse layers win. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { reorderLayout } from '../../../passes/reorder-layout.ts';
import type { Compiled } from '../../compile.ts';
import { compile } from '../../compile.ts';
import type { Report } from '../../diagnostic.ts';
import type { Graph } from '../../graph/graph.ts';
import { nodesById } from '../../graph/graph.ts';
import type { Journal } from '../../make/journal.ts';
import type { CompileOptions, Parts } from '../../make/parts.ts';
import { partsFor } from '../../make/parts.ts';
import { runPasses } from '../../pass.ts';
import { lower } from '../../plan/lower.ts';
import { printEncoding } from '../../plan/report.ts';
import type { Recorded } from '../../target.ts';
import { zeros } from '../../tensor/numbers.ts';
import { elements } from '../../tensor/type.ts';
import { pinTo } from '../../toolchain/pin.ts';
import { machineOf } from '../machine.ts';
import { openProgramSteps } from '../ours.ts';
import { rounded } from '../statistics.ts';
import { crossingsOf } from './crossings.ts';
import type { Sweep } from './grid.ts';
import type { Candidate } from './layers.ts';
import { candidatesFor, graphOf } from './layers.ts';
import { openOrtLayers } from './ort-layers.ts';
import type { Baseline, Crossover, Point } from './report.ts';

export interface CrossoverJob {
  readonly sweep: Sweep;
  readonly options: CompileOptions;
  readonly threads: number;
  readonly journal: Journal;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly doing: (what: string) => void;
}

/** Nanoseconds of each run of each step. */
const answer = z.array(z.object({ cold: z.array(z.number()).min(1) }));

/** Runs of everything of ours, and of each layer of others, in one round. */
const runs = { ours: 3, theirs: 10 };

/** Undefined after a report. */
export async function sweepCrossover(job: CrossoverJob): Promise<Crossover | undefined> {
  const { options, journal, report } = job;
  const parts = partsFor(options, report);
  if (!parts) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'espalier-bench-'));
  const ending: (() => void)[] = [];
  journal.hold(folder);
  try {
    return await sweepIn(folder, parts, job, (dispose) => void ending.push(dispose));
  } finally {
    for (const end of ending) end();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    journal.release(folder);
  }
}

async function sweepIn(
  folder: string,
  { target, render }: Parts,
  { sweep, options, threads, journal, signal, report, doing }: CrossoverJob,
  atEnd: (dispose: () => void) => void,
): Promise<Crossover | undefined> {
  const all = candidatesFor(sweep, target, (done, of) => doing(`pruning layers, ${done} of ${of}`));
  doing('compiling all layers');
  const taken = withKernels(all, target, report);
  const graph = graphOf(taken);
  const compiled = compile({
    graph,
    passes: [reorderLayout(target)],
    // Tests compare kernels with what layers mean; here nobody looks at the outputs.
    target: { ...target, emit: (plan, context) => target.emit(plan, { ...context, recorded: () => nothing(graph) }) },
    render,
  });
  compiled.diagnostics.forEach(report);
  if (!compiled.ok) return undefined;
  const pinned = await pinTo(threads);
  const pin = pinned?.command ?? [];
  const onTask = (task: string | null): void => {
    if (task !== null) doing(`building ${task}`);
  };
  const ours = await openProgramSteps(compiled, { ...options, folder, render, pin, journal, signal, onTask }, report);
  if (!ours) return undefined;
  atEnd(ours.dispose);
  const baselines = taken.filter(({ pattern }) => pattern === null);
  const ort = openOrtLayers(baselines, { folder, threads, pin, signal }, report);
  if (!ort) return undefined;
  atEnd(ort.dispose);

  const best = new Map<string, number>();
  const keep = (key: string, ms: number): void => {
    best.set(key, Math.min(ms, best.get(key) ?? Infinity));
  };
  for (let round = 0; round < sweep.rounds; round++) {
    doing(`timing ${taken.length} layers, round ${round + 1} of ${sweep.rounds}`);
    const times = await ours.ask(`steps ${runs.ours} 0`, answer);
    if (!times) return undefined;
    for (const [i, { call }] of compiled.plan.steps.entries()) keep(call.id, Math.min(...times[i].cold) * 1e-6);
    for (const layer of baselines.keys())
      for (const kind of ['float', 'int8'] as const) {
        const ms = await ort.time(layer, kind, runs.theirs);
        if (ms === undefined) return undefined;
        keep(`${kind} ${layer}`, ms);
      }
  }
  const msOf = (key: string): number => rounded(best.get(key) ?? Infinity);
  const shapes = baselines.map(({ name, shape, macs }, i): Baseline => {
    return { shape, macs, denseMs: msOf(name), ortMs: msOf(`float ${i}`), ortInt8Ms: msOf(`int8 ${i}`) };
  });
  const points = pointsOf(taken, shapes, msOf);
  return {
    machine: await machineOf((compiled satisfies Compiled).recipe, pinned?.cores ?? []),
    threads,
    baselines: [...shapes],
    points: [...points],
    crossings: [...crossingsOf(points)],
  };
}

function pointsOf(
  candidates: readonly Candidate[],
  shapes: readonly Baseline[],
  msOf: (name: string) => number,
): readonly Point[] {
  const baseline = new Map(shapes.map((row) => [row.shape, row]));
  return candidates.flatMap(({ name, shape, pattern, zeros: share, encoding, macs }) => {
    const base = baseline.get(shape);
    if (pattern === null || !base) return [];
    const ms = msOf(name);
    return {
      shape,
      pattern,
      zeros: Math.round(share * 1000) / 1000,
      format: printEncoding(encoding),
      ms,
      gflops: rounded((2 * macs * (1 - share)) / (ms * 1e6)),
      overDense: rounded(base.denseMs / ms),
      overOrt: rounded(base.ortMs / ms),
      overOrtInt8: rounded(base.ortInt8Ms / ms),
    };
  });
}

/** Those that a kernel computes. Loops take a hundred times as long, and nobody would choose them. */
function withKernels(candidates: readonly Candidate[], target: Parts['target'], report: Report): readonly Candidate[] {
  const graph = runPasses(graphOf(candidates), [reorderLayout(target)], report);
  const { steps } = lower(graph, target.kernels);
  const loops = new Set(steps.flatMap(({ call, work }) => (work.kind === 'loops' ? [call.id] : [])));
  return candidates.filter(({ name }) => !loops.has(name));
}

/** Outputs that nobody asks for. */
function nothing(graph: Graph): Recorded {
  const byId = nodesById(graph);
  const empty = graph.outputs.map(({ name, id }) => {
    const shape = byId.get(id)?.type.shape ?? [];
    return [name, zeros('f32', elements(shape))] as const;
  });
  const inputs = graph.nodes.flatMap((node) =>
    node.kind === 'input' ? [[node.name, zeros(node.type.dtype, elements(node.type.shape))] as const] : [],
  );
  return { inputs: Object.fromEntries(inputs), outputs: Object.fromEntries(empty) };
}
