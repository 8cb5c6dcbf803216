/** Builds a model, verifies it, and times it against peers: alternately, in one run, on the same cores. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareOutputs, incomparable, worstOf } from '../check/compare.ts';
import type { Verdict } from '../check/verify.ts';
import type { Compiled } from '../compile.ts';
import { weightsOf } from '../graph/weights.ts';
import type { Parts } from '../make/parts.ts';
import { reportLayers } from '../plan/report.ts';
import { countLive } from '../tensor/matrix.ts';
import { pinTo } from '../toolchain/pin.ts';
import type { Timing } from './alternate.ts';
import { alternate } from './alternate.ts';
import type { Process } from './contender.ts';
import { countsOf } from './counts.ts';
import { deviceOf } from './cuda-device.ts';
import type { BenchJob, Keep } from './job.ts';
import { machineOf } from './machine.ts';
import type { Entrant } from './opened.ts';
import { needsPlace, portsOf, verified } from './opened.ts';
import type { OursOptions } from './ours.ts';
import { isPeerName, isTorch } from './peer-names.ts';
import { kitFor, native } from './peers.ts';
import type { BenchReport, LayerPeer } from './report.ts';
import { adapterSchema, softwareNote } from './report.ts';
import { rounded } from './statistics.ts';
import { stepRuns, timeCudaLayers, timeLayers } from './time-layers.ts';
import { openTorch, timeTorchLayers } from './torch.ts';
import { firstResults } from './web/first.ts';
import type { Kit } from './web/kit.ts';
import type { Place } from './web/places.ts';
import { browserPlace, nodePlace } from './web/places.ts';

export type Outcome =
  | { readonly ok: true; readonly bench: BenchReport }
  /** It computes something else than the reference: nothing was timed. */
  | { readonly ok: false; readonly verdict: Verdict };

/** Milliseconds of running before WebAssembly is measured. */
const warmUp = 2000;

/** Undefined after a report. */
export async function benchModel(job: BenchJob): Promise<Outcome | undefined> {
  const { journal } = job;
  const folder = mkdtempSync(join(tmpdir(), 'espalier-bench-'));
  const processes: Process[] = [];
  const places: Place[] = [];
  journal.hold(folder);
  try {
    return await measure(job, folder, {
      process(process) {
        processes.push(process);
        return process;
      },
      place(place) {
        places.push(place);
        return place;
      },
    });
  } finally {
    for (const process of processes) process.dispose();
    for (const place of places) await place.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    journal.release(folder);
  }
}

async function measure(job: BenchJob, folder: string, keep: Keep): Promise<Outcome | undefined> {
  const { parts, options, threads, report, doing } = job;
  const { threads: ourThreads = 1 } = options;
  if (threads > ourThreads)
    report({
      severity: 'warning',
      code: 'bench/threads',
      message: `espalier runs on ${ourThreads} thread, and its peers on ${threads}`,
      hint: 'build for cpu or wasm, or compare on one',
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

  const gpu = needsPlace(options.target);
  const placeFor = (compiled: Compiled): Place => {
    const placeOptions = { ...job, ...portsOf(compiled), folder, pin, gpu };
    return keep.place(job.browser === undefined ? nodePlace(placeOptions) : browserPlace(job.browser, placeOptions));
  };
  const opened = await verified(job, ours, keep, placeFor);
  if (!opened || 'verdict' in opened) return opened && { ok: false, verdict: opened.verdict };
  const { compiled, kit } = opened;
  const { inputs, outputs } = compiled.recorded();
  const shapes = compiled.plan.outputs.map(({ name, type }) => ({ name, shape: type.shape }));
  const ports = portsOf(compiled);
  const place = opened.place ?? placeFor(compiled);

  const enter = async (kit: Kit, ready?: Process): Promise<Entrant | undefined> => {
    doing(`loading ${kit.name}`);
    const process = ready ?? (await place.open(kit));
    if (!process || !(await keep.process(process).load(inputs))) return undefined;
    const got = await process.outputs();
    if (!got) return undefined;
    const isSame = shapes.every(({ name }) => name in got);
    if (!isSame)
      report({
        severity: 'warning',
        code: 'bench/other-outputs',
        message: `the outputs of "${kit.name}" are others: they are not compared`,
      });
    return { kit, process, maxError: isSame ? worstOf(compareOutputs(shapes, [got], [outputs])) : null };
  };
  const own = job.browser !== undefined && kit && !opened.place ? await enter(kit) : opened;
  if (!own) return undefined;
  const adapter = gpu ? await own.process.ask('adapter', adapterSchema) : undefined;
  if (gpu && !adapter) return undefined;
  const peers: Entrant[] = [];
  const absent: BenchReport['absent'] = [];
  const leave = (name: string, reason: string): void => {
    absent.push({ name, reason });
    report({ severity: 'warning', code: 'bench/absent', message: `"${name}" takes no part: ${reason}` });
  };
  for (const name of job.against) {
    if (isTorch(name)) {
      doing(`loading ${name}`);
      const torch = await openTorch(name, compiled, { ...job, folder });
      const entrant = torch && 'process' in torch ? await enter(native(name), torch.process) : undefined;
      if (!torch || ('process' in torch && !entrant)) return undefined;
      if (entrant) peers.push(entrant);
      if ('absent' in torch) leave(name, torch.absent);
      continue;
    }
    const peer = await kitFor(name, { ...job, ...ports, folder });
    if (!peer) return undefined;
    const reason = place.fault(peer);
    if (reason === undefined) {
      const entrant = await enter(peer);
      if (!entrant) return undefined;
      peers.push(entrant);
    } else leave(name, reason);
  }
  const kits = [...(kit ? [kit] : []), ...peers.map((peer) => peer.kit)];
  const web = kit && job.starts > 0 ? await firstResults(kits, { ...job, place, inputs }) : [];
  if (!web) return undefined;
  const timings = await alternate(
    [own, ...peers].map(({ process }) => process),
    {
      ...job,
      warmUp: kit && job.rounds === undefined ? warmUp : 0,
      onRound: (done) => doing(`timing, round ${done + 1}`),
    },
  );
  if (!timings) return undefined;
  const device = options.target === 'cuda' ? await deviceOf(own.process) : undefined;
  if (options.target === 'cuda' && !device) return undefined;
  const layers = !job.layers
    ? undefined
    : await (device
        ? timeCudaLayers(job, compiled, own.process, device)
        : timeLayers(job, compiled, ours, place, keep));
  if (job.layers && !layers) return undefined;
  const layerPeers: LayerPeer[] = [];
  for (const { kit, process } of job.layers ? peers : []) {
    if (!isPeerName(kit.name) || !isTorch(kit.name)) continue;
    doing(`timing layers of ${kit.name}`);
    const timed = await timeTorchLayers(process, compiled.graph, {
      runs: stepRuns.inNetwork,
      windows: stepRuns.windows,
    });
    if (!timed) return undefined;
    layerPeers.push(timed);
  }
  const [mine, ...others] = timings;
  return {
    ok: true,
    bench: {
      machine: await machineOf(compiled.recipe, pinned?.cores ?? []),
      model: job.model,
      mask: maskOf(compiled, parts),
      threads,
      place: { kind: place.kind, version: place.version() },
      adapter: adapter ? { ...adapter, note: adapter.software ? softwareNote : null } : null,
      device: device ?? null,
      command: job.command,
      link: web.length > 0 ? job.link : null,
      ours: {
        target: options.target,
        cpu: options.cpu ?? null,
        threads: ourThreads,
        ...printed(mine),
        runs: mine.runs,
        maxError: own.maxError ?? incomparable,
        peakGflops: layers?.peakGflops ?? null,
        web: web[0] ?? null,
        counts: gpu ? countsOf(compiled, parts.render) : null,
      },
      peers: others.map((timing, i) => ({
        name: timing.name,
        ...printed(timing),
        ratio: rounded(timing.ratio.median),
        ratioIqr: rounded(timing.ratio.iqr),
        maxError: peers[i].maxError,
        web: web[i + 1] ?? null,
      })),
      absent,
      layers: [...(layers?.layers ?? [])],
      layerPeers,
    },
  };
}

const printed = ({ median, min, iqr }: Timing) => ({
  medianMs: rounded(median),
  minMs: rounded(min),
  iqrMs: rounded(iqr),
});

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
