/** Builds a model, verifies it, and times it against peers: alternately, in one run, on the same cores. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { compareOutputs, worstOf } from '../check/compare.ts';
import type { Verdict } from '../check/verify.ts';
import { verifyModel } from '../check/verify.ts';
import type { Compiled } from '../compile.ts';
import type { Report } from '../diagnostic.ts';
import { weightsOf } from '../graph/weights.ts';
import type { Journal } from '../make/journal.ts';
import type { LoadedModel } from '../make/load.ts';
import { manifestPort } from '../make/manifest.ts';
import type { CompileOptions, Parts } from '../make/parts.ts';
import { buildAndOpen } from '../make/temporary.ts';
import { lower } from '../plan/lower.ts';
import { reportLayers } from '../plan/report.ts';
import { countLive } from '../tensor/matrix.ts';
import { pinTo } from '../toolchain/pin.ts';
import type { Timing } from './alternate.ts';
import { alternate } from './alternate.ts';
import type { Process } from './contender.ts';
import type { Layers } from './layers.ts';
import { layerTimings, stepTimes } from './layers.ts';
import { machineOf } from './machine.ts';
import type { OursOptions } from './ours.ts';
import { openOurs, openSteps } from './ours.ts';
import type { PeerName } from './peer-names.ts';
import { openPeer } from './peers.ts';
import type { BenchReport } from './report.ts';
import { rounded } from './statistics.ts';

export interface BenchJob {
  readonly loaded: LoadedModel;
  /** As it shall be called in the report. */
  readonly model: string;
  readonly options: CompileOptions;
  readonly parts: Parts;
  readonly against: readonly PeerName[];
  readonly threads: number;
  readonly layers: boolean;
  readonly seconds: number;
  readonly rounds?: number | undefined;
  readonly journal: Journal;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly doing: (what: string) => void;
}

export type Outcome =
  | { readonly ok: true; readonly bench: BenchReport }
  /** It computes something else than the reference: nothing was timed. */
  | { readonly ok: false; readonly verdict: Verdict };

/** Runs of a network whose steps are timed, and windows in which each step is repeated. */
const stepRuns = { inNetwork: 30, windows: 15 };

/** Undefined after a report. */
export async function benchModel(job: BenchJob): Promise<Outcome | undefined> {
  const { journal } = job;
  const folder = mkdtempSync(join(tmpdir(), 'espalier-bench-'));
  const processes: Process[] = [];
  journal.hold(folder);
  try {
    return await measure(job, folder, (process) => {
      processes.push(process);
      return process;
    });
  } finally {
    for (const process of processes) process.dispose();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    journal.release(folder);
  }
}

type Keep = (process: Process) => Process;

async function measure(job: BenchJob, folder: string, keep: Keep): Promise<Outcome | undefined> {
  const { parts, options, threads, report, doing } = job;
  const { threads: ourThreads = 1 } = options;
  if (threads > ourThreads)
    report({
      severity: 'warning',
      code: 'bench/threads',
      message: `espalier runs on ${ourThreads} thread, and its peers on ${threads}`,
      hint: 'build for cpu, or compare on one',
    });
  const pinned = await pinTo(threads);
  if (!pinned)
    report({
      severity: 'warning',
      code: 'bench/not-pinned',
      message: `the processes are not kept on ${threads === 1 ? 'a core' : `${threads} cores`} of their own`,
      hint: 'there are too few, or there is no taskset: expect more spread',
    });
  const pin = pinned?.command ?? [];
  const onTask = (task: string | null): void => {
    if (task !== null) doing(`building ${task}`);
  };
  const ours: OursOptions = {
    ...options,
    folder,
    render: parts.render,
    pin,
    onTask,
    journal: job.journal,
    signal: job.signal,
  };

  const opened = await verified(job, ours, keep);
  if (!opened || 'verdict' in opened) return opened && { ok: false, verdict: opened.verdict };
  const { compiled, process, maxError } = opened;
  const { inputs, outputs } = compiled.recorded();
  const shapes = compiled.plan.outputs.map(({ name, type }) => ({ name, shape: type.shape }));

  const peers: { readonly process: Process; readonly maxError: number }[] = [];
  for (const name of job.against) {
    doing(`loading ${name}`);
    const ports = { inputs: compiled.plan.inputs.map(manifestPort), outputs: compiled.plan.outputs.map(manifestPort) };
    const peer = await openPeer(name, { ...job, ...ports, folder, pin });
    if (!peer || !(await keep(peer).load(inputs))) return undefined;
    const got = await peer.outputs();
    if (!got) return undefined;
    peers.push({ process: peer, maxError: worstOf(compareOutputs(shapes, [got], [outputs])) });
  }
  const timings = await alternate([process, ...peers.map((peer) => peer.process)], {
    ...job,
    onRound: (done) => doing(`timing, round ${done + 1}`),
  });
  if (!timings) return undefined;
  const layers = job.layers ? await timeLayers(job, alone(compiled, parts, ours), ours, keep) : undefined;
  if (job.layers && !layers) return undefined;
  const [own, ...others] = timings;
  return {
    ok: true,
    bench: {
      machine: await machineOf(compiled.recipe, pinned?.cores ?? []),
      model: job.model,
      mask: maskOf(compiled, parts),
      threads,
      ours: {
        target: options.target,
        cpu: options.cpu ?? null,
        threads: ourThreads,
        ...printed(own),
        runs: own.runs,
        maxError,
        peakGflops: layers?.peakGflops ?? null,
      },
      peers: others.map((timing, i) => ({
        name: timing.name,
        ...printed(timing),
        ratio: rounded(timing.ratio.median),
        ratioIqr: rounded(timing.ratio.iqr),
        maxError: peers[i].maxError,
      })),
      layers: [...(layers?.layers ?? [])],
    },
  };
}

const printed = ({ median, min, iqr }: Timing) => ({
  medianMs: rounded(median),
  minMs: rounded(min),
  iqrMs: rounded(iqr),
});

interface Opened {
  readonly compiled: Compiled;
  readonly process: Process;
  readonly maxError: number;
}

/** What was built, once it is known to compute what it should; or the verdict that it does not. Undefined after a report. */
async function verified(
  { loaded, parts, options, report, doing, journal, signal }: BenchJob,
  ours: OursOptions,
  keep: Keep,
): Promise<Opened | { readonly verdict: Verdict } | undefined> {
  let timed: Omit<Opened, 'maxError'> | undefined;
  const verdict = await verifyModel({
    ...parts,
    graph: loaded.graph,
    report,
    doing,
    async open(compiled) {
      // Others are opened to find out what is wrong with the first.
      if (timed) return buildAndOpen(compiled, { ...options, journal, signal }, report);
      const process = await openOurs(compiled, ours, report);
      if (!process) return undefined;
      timed = { compiled, process: keep(process) };
      return {
        run: async (inputs) => ((await process.load(inputs)) ? process.outputs() : undefined),
        dispose: () => {},
      };
    },
  });
  if (!verdict || !timed) return undefined;
  return verdict.ok ? { ...timed, maxError: worstOf(verdict.outputs) } : { verdict };
}

/** The network with every step by itself: what runs band by band with others has no time of its own. */
function alone(compiled: Compiled, { target }: Parts, { render }: OursOptions): Compiled {
  const plan = lower(compiled.graph, target.kernels);
  const emission = target.emit(plan, { render, report: () => {}, recorded: compiled.recorded });
  return { ...compiled, plan, ...emission };
}

async function timeLayers(
  { report, doing }: BenchJob,
  compiled: Compiled,
  ours: OursOptions,
  keep: Keep,
): Promise<Layers | undefined> {
  doing('building the network with hooks between its steps');
  const process = await openSteps(compiled, ours, report);
  if (!process || !(await keep(process).load(compiled.recorded().inputs))) return undefined;
  doing('timing layers');
  const times = await process.ask(`steps ${stepRuns.inNetwork} ${stepRuns.windows}`, z.array(stepTimes));
  return times && layerTimings(compiled.graph, compiled.plan, times);
}

function maskOf({ graph, plan }: Compiled, { target }: Parts): BenchReport['mask'] {
  const matrices = Array.from(weightsOf(graph).values(), ({ matrix }) => matrix);
  const weights = matrices.reduce((sum, { data }) => sum + data.length, 0);
  const kept = matrices.reduce((sum, matrix) => sum + countLive(matrix), 0);
  const work = new Map<string, number>();
  for (const { format, macs } of reportLayers(graph, plan, target.price))
    work.set(format, (work.get(format) ?? 0) + macs);
  const [most] = [...work].sort(([, a], [, b]) => b - a);
  return { weights, zeros: weights === 0 ? 0 : 1 - kept / weights, format: most?.[0] ?? null };
}
