/** Whether an artefact computes what its model means, and if not, who is to blame. */
import { targets } from '../../targets/index.ts';
import type { Compiled, Job } from '../compile.ts';
import { compile, recordedSeed } from '../compile.ts';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Graph } from '../graph/graph.ts';
import { nodesById } from '../graph/graph.ts';
import { randomInputs } from '../graph/samples.ts';
import { withGraph } from '../make/bug.ts';
import type { AdapterInfo } from '../toolchain/adapter.ts';
import type { Divergence, Snapshot } from './bisect.ts';
import { divergingImport, divergingLayer, divergingPass, tapOf, tapped } from './bisect.ts';
import type { Compared } from './compare.ts';
import { compareOutputs, incomparable, peerTolerance, relativeError, tolerance, worstOf } from './compare.ts';
import type { Peer, PeerName } from './peer.ts';
import { peerTitles } from './peer.ts';
import { pickedOutputs, pickFrom } from './picks.ts';

/** What an artefact of a target may differ from `evaluate`: functions of GPUs are less exact than those of processors, and some multiply in fewer bits. */
const toleranceOf = ({ name, error }: Job['target']): number =>
  error ?? (targets.some((family) => family.name === name && family.inexact) ? peerTolerance : tolerance);

/** Something that computes outputs from inputs, both plain and by name. */
export interface Runner {
  /** What WebGPU runs it on. */
  readonly adapter?: AdapterInfo;
  /** Undefined after a report. */
  readonly run: (inputs: Named) => Promise<Named | undefined>;
  readonly dispose: () => void;
}

/** What may be taken for the truth: the graph as imported, or another program that runs the model's own file. */
export type Against = 'evaluate' | PeerName;

export interface VerifyJob extends Omit<Job, 'watch' | 'onStage'> {
  /** How many random inputs to try; 1 unless given. */
  readonly samples?: number;
  /** Builds what was compiled and makes it ready to run; undefined after a report. */
  readonly open: (compiled: Compiled) => Promise<Runner | undefined>;
  /** Another program with the same model, to compare with instead of `evaluate`. */
  readonly peer?: Omit<Peer, 'repeat' | 'dispose'>;
  readonly report: Report;
  /** Told what is being done. */
  readonly doing?: (what: string) => void;
}

export interface Verdict {
  readonly ok: boolean;
  readonly target: string;
  readonly against: Against;
  /** What WebGPU ran it on. */
  readonly adapter?: AdapterInfo;
  /** What the error may be. */
  readonly limit: number;
  readonly outputs: readonly Compared[];
  /** Where the first wrong value comes from, when not all is well. */
  readonly divergedAt?: Divergence;
}

/**
 * Compiles, builds, runs, and compares every output. The error is max |a − b| / max |b| over each output, and may be
 * 1e-5 against `evaluate`, 1e-4 on a GPU or against another program, and what its target says where that
 * multiplies in fewer bits. Outputs that depend on an order of scores: see picks.ts.
 * Undefined, and reported, if it does not come to a comparison.
 */
export async function verifyModel(job: VerifyJob): Promise<Verdict | undefined> {
  const { graph, target, samples = 1, open, peer, report, doing = () => {} } = job;
  const snapshots: Snapshot[] = [{ pass: null, graph }];
  doing('compiling');
  const watch: Job['watch'] = ({ name }, _before, after) => void snapshots.push({ pass: name, graph: after });
  const compiled = withGraph(graph, () => compile({ ...job, watch, checks: false }));
  compiled.diagnostics.forEach(report);
  if (!compiled.ok) return undefined;
  doing(`building for ${target.name}`);
  const runner = await open(compiled);
  if (!runner) return undefined;

  const suited = peer?.suit ?? ((sample: Named): Named => sample);
  // The first are those that were recorded, whose outputs are known.
  const inputs = Array.from({ length: samples }, (_, i) => suited(randomInputs(graph, recordedSeed + 1000 * i)));
  const got: Named[] = [];
  try {
    doing('running the artefact');
    for (const sample of inputs) {
      const outputs = await runner.run(sample);
      if (!outputs) return undefined;
      got.push(outputs);
    }
  } finally {
    runner.dispose();
  }
  doing(peer ? `running ${peerTitles[peer.name]}` : 'computing the reference');
  const want: Named[] = [];
  for (const [i, sample] of inputs.entries()) {
    const outputs = await (peer ? peer.run(sample) : i === 0 ? compiled.recorded().outputs : evaluate(graph, sample));
    if (!outputs) return undefined;
    want.push(outputs);
  }
  const limit = peer ? Math.max(peerTolerance, toleranceOf(target)) : toleranceOf(target);
  let outputs = compareOutputs(shapesOf(graph), got, want);
  if (isPickAlone(outputs, compiled.graph, limit)) {
    doing('comparing what is picked');
    outputs = await comparePicks(job, compiled, { inputs, got, outputs });
  }
  const ok = worstOf(outputs) <= limit;
  const { adapter } = runner;
  const against = peer?.name ?? 'evaluate';
  const verdict: Verdict = { ok, target: target.name, against, ...(adapter && { adapter }), limit, outputs };
  if (ok) return verdict;
  doing('looking for the layer that diverges');
  const sample = worstSample(shapesOf(graph), got, want);
  const divergedAt = await blame(job, compiled, snapshots, inputs[sample], want[sample]);
  return divergedAt ? { ...verdict, divergedAt } : verdict;
}

/** Whether the only outputs that are wrong are some that depend on an order of scores. */
function isPickAlone(outputs: readonly Compared[], graph: Graph, limit: number): boolean {
  const picked = pickedOutputs(graph);
  const wrong = outputs.filter(({ maxError }) => maxError > limit);
  return wrong.length > 0 && wrong.every(({ name }) => picked.has(name));
}

interface Runs {
  readonly inputs: readonly Named[];
  readonly got: readonly Named[];
  readonly outputs: readonly Compared[];
}

/** The errors of outputs that depend on a pick, against what the reference picks from the artefact's own scores. */
async function comparePicks(
  job: VerifyJob,
  compiled: Compiled,
  { inputs, got, outputs }: Runs,
): Promise<readonly Compared[]> {
  const taps = await openTapped(job, compiled);
  if (!taps) return outputs;
  const picked = pickedOutputs(compiled.graph);
  const errors = new Map<string, number>();
  try {
    for (const [i, sample] of inputs.entries()) {
      const values = await taps.run(sample);
      if (!values) return outputs;
      const { outputs: want, scoreError } = pickFrom(compiled.graph, sample, (id) => values[tapOf(id)]);
      for (const name of picked)
        errors.set(name, Math.max(errors.get(name) ?? 0, scoreError, relativeError(got[i][name], want[name])));
    }
  } finally {
    taps.dispose();
  }
  return outputs.map((output) => ({ ...output, maxError: errors.get(output.name) ?? output.maxError }));
}

/** An artefact that gives every value of the compiled graph. */
async function openTapped(job: VerifyJob, compiled: Compiled): Promise<(Runner & Pick<Compiled, 'plan'>) | undefined> {
  const taps = compile({ ...job, graph: tapped(compiled.graph), passes: [], checks: false });
  const runner = taps.ok ? await job.open(taps) : undefined;
  return taps.ok && runner ? { ...runner, plan: taps.plan } : undefined;
}

/** The import if it disagrees with the other program already; or else a pass; or else a layer of the artefact. */
async function blame(
  job: VerifyJob,
  compiled: Compiled,
  snapshots: readonly Snapshot[],
  inputs: Named,
  want: Named,
): Promise<Divergence | undefined> {
  const { graph, peer } = job;
  if (peer) {
    const maxError = worstOf(compareOutputs(shapesOf(graph), [evaluate(graph, inputs)], [want]));
    if (maxError > peerTolerance)
      return divergingImport(graph, inputs, peer.valuesOf, { maxError, limit: peerTolerance });
  }
  const pass = divergingPass(snapshots, inputs, tolerance);
  if (pass) return pass;
  const taps = await openTapped(job, compiled);
  if (!taps) return undefined;
  try {
    const values = await taps.run(inputs);
    return values && divergingLayer(compiled.graph, taps.plan, inputs, values, toleranceOf(job.target));
  } finally {
    taps.dispose();
  }
}

const shapesOf = (graph: Graph): readonly Pick<Compared, 'name' | 'shape'>[] => {
  const byId = nodesById(graph);
  return graph.outputs.map(({ name, id }) => ({ name, shape: byId.get(id)?.type.shape ?? [] }));
};

function worstSample(
  outputs: readonly Pick<Compared, 'name' | 'shape'>[],
  got: readonly Named[],
  want: readonly Named[],
): number {
  const errors = got.map((values, i) =>
    Math.max(...outputs.map(({ name }) => relativeError(values[name], want[i][name]))),
  );
  return errors.reduce((worst, error, i) => (error > errors[worst] && errors[worst] < incomparable ? i : worst), 0);
}
